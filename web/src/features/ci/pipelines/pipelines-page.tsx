import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { ciBridge } from "@/lib/api/client";
import { itemsOf } from "@/lib/api/paged";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { formatAge } from "@/lib/time/time";
import { CiEmpty } from "../ci-empty";
import { type Pipeline, pipelinePagesOptions } from "../ci-queries";
import { StartDialog } from "../dispatches/start-dialog";
import { PipelineDrawer } from "./pipeline-drawer";

type Dialog =
  | { kind: "form"; pipeline: Pipeline | null }
  | { kind: "delete"; pipeline: Pipeline }
  | { kind: "start"; pipeline: Pipeline }
  | null;

const columns = (project: string): Column<Pipeline>[] => [
  { name: "Service", cell: (item) => <span className="mono">{item.service_id}</span> },
  { name: "Pipeline", cell: (item) => <strong>{item.name}</strong> },
  {
    name: "Repository",
    cell: (item) => (
      <a
        href={`https://github.com/${item.repository}${item.workflow ? `/actions/workflows/${item.workflow}` : ""}`}
        target="_blank"
        rel="noopener noreferrer"
      >
        {item.repository}
      </a>
    ),
  },
  {
    name: "Starts",
    wide: true,
    cell: (item) =>
      item.mode === "workflow_dispatch" ? (
        <>
          <span className="mono">{item.workflow}</span> <span className="muted">on {item.ref}</span>
        </>
      ) : (
        <>
          <span className="muted">event</span>{" "}
          <span className="mono">{item.event_type ?? `logloop.${item.service_id}`}</span>
        </>
      ),
  },
  {
    name: "Output",
    wide: true,
    cell: (item) => (item.collect_logs === "all" ? "of every run" : "of runs that Logloop starts"),
  },
  {
    name: "Started",
    wide: true,
    cell: (item) => (
      <Link to="/projects/$project/ci/dispatches" params={{ project }} search={{ pipeline: item.id }}>
        dispatches
      </Link>
    ),
  },
  {
    name: "Changed",
    wide: true,
    cell: (item) => <span className="muted">{formatAge(new Date(item.updated_at))}</span>,
  },
];

/** The workflows that Logloop may start, by service. */
export function PipelinesPage() {
  const { project } = useParams({ from: "/signed-in/projects/$project/ci/pipelines" });
  const rights = useRights(project);
  const queryClient = useQueryClient();
  const pages = useInfiniteQuery(pipelinePagesOptions(project));
  const [dialog, setDialog] = useState<Dialog>(null);
  usePageTitle(`Pipelines of ${project}`);
  useApiRequests([
    {
      name: "Pipelines",
      method: "GET",
      path: pathWith("/api/v1/ci/pipelines", { project_id: project }),
      operation: "pipeline_list",
    },
  ]);
  const create = () => setDialog({ kind: "form", pipeline: null });
  useCommands(
    rights.edit ? [{ id: "pipeline-new", label: "New pipeline", group: "CI", keys: ["n"], run: create }] : [],
  );
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["ci", project] });
  const remove = useMutation({
    mutationFn: async (id: string) =>
      ciBridge.DELETE("/api/v1/ci/pipelines/{pipeline_id}", { params: { path: { pipeline_id: id } } }),
    onSuccess: async () => {
      setDialog(null);
      await refresh();
    },
  });
  const close = () => {
    setDialog(null);
    remove.reset();
  };
  const newButton = rights.edit ? (
    <Button variant="filled" leftSection={<IconPlus size={14} aria-hidden />} onClick={create}>
      New pipeline…
    </Button>
  ) : null;
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Pipelines</h1>
        <span className="muted">GitHub workflows that rules and people may start</span>
        <span className="grow" />
        {itemsOf(pages).length > 0 ? newButton : null}
      </div>
      <ResourceTable
        label="pipelines"
        pages={pages}
        columns={columns(project)}
        keyOf={(item) => item.id}
        nameOf={(item) => item.name}
        actions={
          rights.edit
            ? (pipeline) => [
                { name: "Start…", run: () => setDialog({ kind: "start", pipeline }) },
                { name: "Edit…", run: () => setDialog({ kind: "form", pipeline }) },
                { name: "Delete…", run: () => setDialog({ kind: "delete", pipeline }) },
              ]
            : undefined
        }
        empty={
          <CiEmpty title="No pipeline yet" reached={1} action={newButton}>
            A pipeline names a GitHub workflow and the service that it belongs to. Rules start it, or you do;
            its output comes back as log lines of the service.
            {rights.edit ? "" : " A member of the project can create one."}
          </CiEmpty>
        }
      />
      <PageFooter keys={rights.edit ? [["N", "new pipeline"]] : []}>
        <span>
          <b>{itemsOf(pages).length}</b> pipelines
        </span>
      </PageFooter>
      {dialog?.kind === "form" ? (
        <PipelineDrawer project={project} pipeline={dialog.pipeline} onSaved={refresh} onClose={close} />
      ) : null}
      {dialog?.kind === "start" ? (
        <StartDialog project={project} pipeline={dialog.pipeline} onClose={close} />
      ) : null}
      <Confirm
        opened={dialog?.kind === "delete"}
        title={`Delete the pipeline ${dialog?.kind === "delete" ? dialog.pipeline.name : ""}?`}
        action="Delete pipeline"
        busy={remove.isPending}
        error={remove.error}
        onClose={close}
        onConfirm={() => dialog?.kind === "delete" && remove.mutate(dialog.pipeline.id)}
      >
        The workflow on GitHub stays. Its earlier dispatches and runs stay listed. A pipeline that a rule
        starts cannot be deleted.
      </Confirm>
    </div>
  );
}
