import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { NotAllowed } from "@/components/page/not-allowed";
import { ProblemNotice } from "@/components/page/notice";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { SkeletonRows } from "@/components/page/skeleton";
import { useApiRequests } from "@/lib/api/api-requests";
import { useRights } from "@/lib/api/session";
import { usePageTitle } from "@/lib/page/page-title";
import { type Pipeline, pipelinesOptions } from "../ci-queries";
import {
  type WorkflowFile,
  type WorkflowView,
  workflowOptions,
  workflowsOptions,
} from "../workflows/workflow-queries";
import { EmulateForm, type EmulateValues } from "./emulate-form";

const ROUTE = "/signed-in/projects/$project/ci/emulate";
const EXAMPLE = `on:
  repository_dispatch:
    types: [logloop.checkout]
jobs:
  probe:
    runs-on: ubuntu-latest
    steps:
      - name: Probe
        run: echo "probed"
`;

/** Runs a workflow in the emulator: its text at the left, its event at the right. */
export function EmulatePage() {
  const { project } = useParams({ from: ROUTE });
  const search = useSearch({ from: ROUTE });
  const rights = useRights(project);
  const pipelines = useQuery(pipelinesOptions(project));
  const workflows = useQuery(workflowsOptions(project));
  const chosen = pipelines.data?.find(({ id }) => id === search.pipeline);
  const fileId = search.file ?? (chosen && workflows.data?.items.find((item) => starts(chosen, item))?.id);
  const file = useQuery({ ...workflowOptions(project, fileId ?? ""), enabled: Boolean(fileId) });
  usePageTitle(`Emulate a workflow · ${project}`);
  useApiRequests([
    { name: "Emulate", method: "POST", path: "/api/v1/ci/emulations", operation: "emulation_create" },
  ]);
  if (!rights.edit)
    return <NotAllowed>Members and administrators of the project emulate workflows.</NotAllowed>;
  const error = pipelines.error ?? workflows.error ?? file.error;
  const isReady = pipelines.data && workflows.data && (!fileId || file.data);
  const known = file.data;
  const pipeline = chosen ?? (known && pipelines.data?.find((item) => starts(item, known)));
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Emulate a workflow</h1>
        <span className="muted">act runs it here, in a sandbox, without GitHub</span>
      </div>
      {error ? <ProblemNotice error={error} /> : null}
      {isReady ? (
        <EmulateForm
          project={project}
          draftId={`emulate:${project}:${search.file ?? search.pipeline ?? ""}`}
          initial={initialOf(pipeline, file.data)}
          repository={file.data?.repository ?? pipeline?.repository}
        />
      ) : error ? (
        <span className="grow" />
      ) : (
        <SkeletonRows rows={16} />
      )}
      <PageFooter />
    </div>
  );
}

/** Whether a pipeline starts a workflow file. */
function starts(pipeline: Pipeline, file: WorkflowFile): boolean {
  return pipeline.repository === file.repository && file.path.endsWith(`/${pipeline.workflow}`);
}

function initialOf(pipeline: Pipeline | undefined, file: WorkflowView | undefined): EmulateValues {
  return {
    file: file?.path.split("/").at(-1) ?? pipeline?.workflow ?? "workflow.yml",
    workflow: pipeline?.workflow_text ?? file?.text ?? EXAMPLE,
    service: pipeline?.service_id ?? "",
    template: pipeline?.template_id ?? "",
    event:
      pipeline?.event_type ??
      file?.event_types?.[0] ??
      (pipeline ? `logloop.${pipeline.service_id}` : "logloop.checkout"),
  };
}
