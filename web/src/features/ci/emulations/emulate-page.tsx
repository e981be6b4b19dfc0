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
import { type WorkflowView, workflowOptions } from "../workflows/workflow-queries";
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
  const file = useQuery({ ...workflowOptions(project, search.file ?? ""), enabled: Boolean(search.file) });
  usePageTitle(`Emulate a workflow · ${project}`);
  useApiRequests([
    { name: "Emulate", method: "POST", path: "/api/v1/ci/emulations", operation: "emulation_create" },
  ]);
  if (!rights.edit)
    return <NotAllowed>Members and administrators of the project emulate workflows.</NotAllowed>;
  const error = pipelines.error ?? file.error;
  const isReady = pipelines.data && (!search.file || file.data);
  const pipeline = pipelines.data?.find((item) =>
    file.data
      ? item.repository === file.data.repository && file.data.path.endsWith(`/${item.workflow}`)
      : item.id === search.pipeline,
  );
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

function initialOf(pipeline: Pipeline | undefined, file: WorkflowView | undefined): EmulateValues {
  return {
    file: file?.path.split("/").at(-1) ?? pipeline?.workflow ?? "workflow.yml",
    workflow: file?.text ?? pipeline?.workflow_text ?? EXAMPLE,
    service: pipeline?.service_id ?? "",
    template: pipeline?.template_id ?? "",
    event:
      file?.event_types?.[0] ??
      pipeline?.event_type ??
      (pipeline ? `logloop.${pipeline.service_id}` : "logloop.checkout"),
  };
}
