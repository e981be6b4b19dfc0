import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { FilterSelect } from "@/components/records/filter-select";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { formatAge, formatCount, formatDuration, formatMoment, useZone, type Zone } from "@/lib/time/time";
import { CiEmpty } from "../ci-empty";
import { pipelinesOptions, type Run, runPagesOptions } from "../ci-queries";
import { CONCLUSIONS, type RunsSearch } from "../ci-search";
import { runState, StateMark } from "../state-mark";
import { runName, runSeconds } from "./run-words";

const ROUTE = "/signed-in/projects/$project/ci/runs";

const columns = (project: string, zone: Zone): Column<Run>[] => [
  {
    name: "Started",
    cell: (run) => {
      const at = run.started_at ?? run.created_at;
      return at ? (
        <span className="mono soft" title={formatMoment(new Date(at), zone)}>
          {formatAge(new Date(at))}
        </span>
      ) : null;
    },
  },
  {
    name: "State",
    cell: (run) => {
      const [tone, words] = runState(run);
      return <StateMark tone={tone}>{words}</StateMark>;
    },
  },
  {
    name: "Workflow",
    cell: (run) => (
      <Link to="/projects/$project/ci/runs/$run" params={{ project, run: run.run_id }}>
        {runName(run)}
        {(run.attempt ?? 1) > 1 ? `, attempt ${run.attempt}` : ""}
      </Link>
    ),
  },
  { name: "Repository", wide: true, cell: (run) => run.repository },
  { name: "Branch", wide: true, cell: (run) => <span className="mono">{run.branch}</span> },
  { name: "Service", cell: (run) => <span className="mono">{run.service_id}</span> },
  {
    name: "Took",
    numeric: true,
    cell: (run) => {
      const seconds = runSeconds(run);
      return seconds === null ? "" : formatDuration(seconds);
    },
  },
  {
    name: "Failed",
    cell: (run) => (
      <span className="bad clip" title={run.failed_tests?.join("\n")}>
        {[
          run.failed_jobs?.length ? `${run.failed_jobs.length} jobs` : "",
          run.failed_tests?.length ? `${run.failed_tests.length} tests` : "",
        ]
          .filter(Boolean)
          .join(", ")}
      </span>
    ),
  },
  {
    name: "Lines",
    numeric: true,
    wide: true,
    cell: (run) =>
      run.logs === "unavailable" ? (
        <span className="caution" title={run.logs_detail ?? undefined}>
          none
        </span>
      ) : (
        formatCount(run.log_count ?? 0)
      ),
  },
];

/** Workflow runs that dispatches started, or that webhooks reported. */
export function RunsPage() {
  const { project } = useParams({ from: ROUTE });
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/projects/$project/ci/runs" });
  const [zone] = useZone();
  const [selected, setSelected] = useState<string>();
  const pages = useInfiniteQuery(runPagesOptions(project, search));
  const pipelines = useQuery(pipelinesOptions(project));
  usePageTitle(`Runs of ${project}`);
  useApiRequests([
    {
      name: "Runs",
      method: "GET",
      path: pathWith("/api/v1/ci/runs", {
        project_id: project,
        conclusion: search.conclusion,
        pipeline_id: search.pipeline,
      }),
      operation: "run_list",
    },
  ]);
  const change = (next: Partial<RunsSearch>) => void navigate({ search: (old) => ({ ...old, ...next }) });
  const open = (run: string) =>
    void navigate({ to: "/projects/$project/ci/runs/$run", params: { project, run } });
  useCommands(
    selected
      ? [{ id: "run-open", label: "Open the run", group: "CI", keys: ["Enter"], run: () => open(selected) }]
      : [],
  );
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Runs</h1>
        <FilterSelect
          name="Result"
          choices={CONCLUSIONS.map((value) => ({ value, label: value.replace("_", " ") }))}
          value={search.conclusion}
          onChange={(conclusion) => change({ conclusion })}
        />
        <FilterSelect
          name="Pipeline"
          choices={(pipelines.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={search.pipeline}
          onChange={(pipeline) => change({ pipeline })}
        />
      </div>
      <ResourceTable
        label="runs"
        pages={pages}
        columns={columns(project, zone)}
        keyOf={(run) => run.run_id}
        nameOf={runName}
        openKey={selected}
        onOpen={(key) => (key === selected ? open(key) : setSelected(key))}
        empty={
          search.conclusion || search.pipeline ? (
            <>
              <p>No run matches.</p>
              <Button onClick={() => change({ conclusion: undefined, pipeline: undefined })}>
                Show every run
              </Button>
            </>
          ) : (
            <CiEmpty
              title="No run yet"
              reached={3}
              action={
                <Link to="/projects/$project/ci/pipelines" params={{ project }}>
                  To the pipelines
                </Link>
              }
            >
              A run is one execution of a GitHub workflow. Runs that Logloop starts appear here with their
              output as log lines; with a webhook, so do all other runs of a pipeline that collects them.
            </CiEmpty>
          )
        }
      />
      <PageFooter
        keys={[
          ["J K", "move"],
          ["Enter", "open"],
        ]}
      >
        <span>
          <b>{itemsOf(pages).length}</b> runs read
        </span>
      </PageFooter>
    </div>
  );
}
