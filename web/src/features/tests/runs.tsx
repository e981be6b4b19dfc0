import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { formatCount, formatDuration, formatMoment, useZone } from "@/lib/time/time";
import { shortCommit } from "./comparison/verdict-words";
import { type Outcome, runPagesOptions, type TestRun } from "./test-queries";

const SPARE_MS = 5000;

function sum(run: TestRun, ...outcomes: Outcome[]): number {
  return outcomes.reduce((total, outcome) => total + (run.counts[outcome] ?? 0), 0);
}

/** The runs in which tests reported outcomes, newest first. */
export function Runs({ project }: { project: string }) {
  const pages = useInfiniteQuery(runPagesOptions(project));
  return (
    <ResourceTable
      label="test runs"
      pages={pages}
      columns={useColumns(project)}
      keyOf={(run) => run.id}
      nameOf={(run) => run.run_id}
      empty={<p>No run has reported outcomes yet.</p>}
    />
  );
}

function useColumns(project: string): Column<TestRun>[] {
  const [zone] = useZone();
  const count = (value: number, style: string) =>
    value > 0 ? <span className={style}>{formatCount(value)}</span> : <span className="muted">0</span>;
  return [
    {
      name: "Started",
      cell: (run) => (
        <Link
          to="/projects/$project/logs"
          params={{ project }}
          search={{
            q: run.source === "pytest" ? `attributes.test.run_id:${run.run_id}` : "source:ci",
            from: new Date(Date.parse(run.started_at) - SPARE_MS).toISOString(),
            to: new Date(Date.parse(run.last_at) + SPARE_MS).toISOString(),
          }}
          title="Logs of this run"
        >
          {formatMoment(new Date(run.started_at), zone)}
        </Link>
      ),
    },
    {
      name: "Failed",
      numeric: true,
      cell: (run) =>
        sum(run, "failed", "error") > 0 ? (
          <Link
            to="/projects/$project/tests"
            params={{ project }}
            search={{ view: "groups", in: run.id }}
            className="bad strong underlined"
            title="Failures of this run by cause"
          >
            {formatCount(sum(run, "failed", "error", "xpassed"))}
          </Link>
        ) : (
          count(sum(run, "xpassed"), "bad strong")
        ),
    },
    { name: "Passed", numeric: true, cell: (run) => count(sum(run, "passed", "xfailed"), "ok") },
    { name: "Skipped", numeric: true, cell: (run) => count(sum(run, "skipped"), "soft"), wide: true },
    {
      name: "Took",
      numeric: true,
      cell: (run) => (run.duration_s === null ? "" : formatDuration(run.duration_s)),
    },
    {
      name: "State",
      cell: (run) =>
        run.finished_at || run.source === "ci" ? "" : <span className="muted">no end reported</span>,
      wide: true,
    },
    {
      name: "Environment",
      cell: ({ environment, shard }) => (
        <>
          {environment}
          {shard ? <span className="muted"> shard {shard}</span> : null}
        </>
      ),
      wide: true,
    },
    { name: "Branch", cell: (run) => <span className="mono">{run.branch}</span>, wide: true },
    {
      name: "Commit",
      cell: (run) => <span className="mono">{run.commit ? shortCommit(run.commit) : ""}</span>,
      wide: true,
    },
    {
      name: "Workflow",
      cell: (run) =>
        run.workflow_run
          ? [run.workflow_run.repository, run.workflow_run.workflow].filter(Boolean).join(" ")
          : "",
      wide: true,
    },
    { name: "Services", cell: (run) => <span className="soft">{run.services.join(", ")}</span>, wide: true },
    { name: "Command", cell: (run) => <span className="mono soft">{run.command}</span>, wide: true },
  ];
}
