import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import type { Column } from "@/components/records/resource-table";
import { pathWith } from "@/lib/api/api-requests";
import { ciBridge } from "@/lib/api/client";
import { formatAge } from "@/lib/time/time";
import { type Pipeline, pipelinePagesOptions } from "../ci-queries";
import { StartDialog } from "../dispatches/start-dialog";
import { RecordListPage } from "../record-list-page";
import { Tag } from "../state-mark";
import { PipelineDrawer } from "./pipeline-drawer";

const columns = (project: string): Column<Pipeline>[] => [
  { name: "Service", cell: (item) => <span className="mono">{item.service_id}</span> },
  { name: "Pipeline", cell: (item) => <strong>{item.name}</strong> },
  {
    name: "Repository",
    cell: (item) =>
      item.mode === "emulated" ? (
        <>
          {item.workflow ?? item.repository} <Tag>emulated</Tag>
        </>
      ) : (
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
          <span className="muted">{item.mode === "emulated" ? "the emulator, by" : "event"}</span>{" "}
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
  const pages = useInfiniteQuery(pipelinePagesOptions(project));
  const navigate = useNavigate();
  const emulate = (pipeline?: string) =>
    void navigate({ to: "/projects/$project/ci/emulate", params: { project }, search: { pipeline } });
  const [started, setStarted] = useState<Pipeline | null>(null);
  return (
    <RecordListPage
      project={project}
      title="Pipelines"
      intro="workflows that rules and people may start"
      noun="pipeline"
      pages={pages}
      columns={columns(project)}
      request={{
        name: "Pipelines",
        method: "GET",
        path: pathWith("/api/v1/ci/pipelines", { project_id: project }),
        operation: "pipeline_list",
      }}
      tools={<Button onClick={() => emulate()}>Emulate a workflow…</Button>}
      actions={(pipeline) => [
        { name: "Start…", run: () => setStarted(pipeline) },
        { name: "Emulate…", run: () => emulate(pipeline.id) },
      ]}
      empty={{
        title: "No pipeline yet",
        reached: 1,
        text: "A pipeline names a GitHub workflow and the service that it belongs to. Rules start it, or you do; its output comes back as log lines of the service.",
      }}
      form={({ item, ...form }) => <PipelineDrawer project={project} pipeline={item} {...form} />}
      remove={(id) =>
        ciBridge.DELETE("/api/v1/ci/pipelines/{pipeline_id}", { params: { path: { pipeline_id: id } } })
      }
      removal="The workflow on GitHub stays. Its earlier dispatches and runs stay listed. A pipeline that a rule starts cannot be deleted."
    >
      {started ? <StartDialog project={project} pipeline={started} onClose={() => setStarted(null)} /> : null}
    </RecordListPage>
  );
}
