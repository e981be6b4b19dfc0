import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ProblemNotice } from "@/components/page/notice";
import layout from "@/components/page/page.module.css";
import { SkeletonRows } from "@/components/page/skeleton";
import { counted } from "@/lib/text/counted";
import { formatMoment, useZone } from "@/lib/time/time";
import { shortCommit } from "../comparison/verdict-words";
import { groupByPattern } from "../outcomes";
import type { TestRun } from "../test-queries";
import { Group } from "./group";
import {
  failedOutcomesOptions,
  failedRunsOptions,
  type RunFailures,
  runFailuresOptions,
} from "./group-queries";
import classes from "./groups.module.css";

type GroupsProps = {
  project: string;
  /** The run whose failures are shown; without it, the newest run with failures. */
  chosenRun: string | undefined;
  onChooseRun: (run: string) => void;
  openTest: string | undefined;
  onOpen: (test: string, run: string) => void;
};

/** The failures of a run, grouped by what went wrong first. */
export function Groups({ project, chosenRun, onChooseRun, openTest, onOpen }: GroupsProps) {
  const runs = useQuery(failedRunsOptions(project));
  const id = chosenRun ?? runs.data?.[0]?.id;
  const failures = useQuery({ ...runFailuresOptions(project, id ?? ""), enabled: id !== undefined });
  if (runs.error && !id) return <ProblemNotice error={runs.error} onRetry={() => void runs.refetch()} />;
  if (!id) {
    if (runs.isPending) return <SkeletonRows />;
    return (
      <div className={layout.empty}>
        <p>
          <span className="ok">✓</span> No test failed in any run.
        </p>
      </div>
    );
  }
  return (
    <div className={layout.scroll}>
      <div className={classes.run}>
        <RunPicker runs={runs.data ?? []} chosen={id} onChoose={onChooseRun} />
        {failures.data ? <Summary failures={failures.data} /> : null}
      </div>
      {failures.error ? (
        <>
          <ProblemNotice
            error={failures.error}
            title="The failures are grouped by how they failed, because they were not compared with green runs."
            onRetry={() => void failures.refetch()}
          />
          <GroupsByPattern
            project={project}
            run={id}
            openTest={openTest}
            onOpen={(test) => onOpen(test, id)}
          />
        </>
      ) : failures.isPending ? (
        <SkeletonRows label="Comparing the failures with green runs" />
      ) : failures.data.groups.length === 0 ? (
        <p className={classes.note}>No test failed in this run.</p>
      ) : (
        failures.data.groups.map((group) => (
          <Group
            key={group.signature.id}
            project={project}
            title={group.signature.title}
            verdict={group.verdict}
            tests={group.tests}
            openTest={openTest}
            onOpen={(test) => onOpen(test, id)}
          />
        ))
      )}
    </div>
  );
}

function Summary({ failures }: { failures: RunFailures }) {
  const tests = failures.groups.reduce((sum, group) => sum + group.tests.length, 0);
  return (
    <span className="soft">
      <b>{counted(tests, "failed test")}</b> of {failures.decided},{" "}
      <b>{counted(failures.groups.length, "cause")}</b>
      {failures.compared < tests ? (
        <span className="muted">
          {" "}
          The first {failures.compared} were compared with green runs; the others are grouped by how they
          failed.
        </span>
      ) : null}
    </span>
  );
}

function RunPicker({
  runs,
  chosen,
  onChoose,
}: {
  runs: readonly TestRun[];
  chosen: string;
  onChoose: (run: string) => void;
}) {
  const [zone] = useZone();
  const labelOf = (run: TestRun) =>
    [
      formatMoment(new Date(run.started_at), zone),
      run.run_id,
      run.commit ? shortCommit(run.commit) : "",
      run.branch ?? "",
      run.environment ?? "",
      run.shard ? `shard ${run.shard}` : "",
    ]
      .filter(Boolean)
      .join(" · ");
  const listed = runs.map((run) => ({ value: run.id, label: labelOf(run) }));
  const others = runs.some(({ id }) => id === chosen) ? [] : [{ value: chosen, label: "An earlier run" }];
  return (
    <Select
      className={classes.picker}
      aria-label="Run"
      data={[...listed, ...others]}
      value={chosen}
      onChange={(run) => run && onChoose(run)}
    />
  );
}

/** The groups as the run itself tells them: by the pattern of the failure. */
function GroupsByPattern({
  project,
  run,
  openTest,
  onOpen,
}: {
  project: string;
  run: string;
  openTest: string | undefined;
  onOpen: (test: string) => void;
}) {
  const outcomes = useQuery(failedOutcomesOptions(project, run));
  if (outcomes.error) return <ProblemNotice error={outcomes.error} onRetry={() => void outcomes.refetch()} />;
  if (outcomes.isPending) return <SkeletonRows />;
  return groupByPattern(outcomes.data).map((group) => (
    <Group
      key={group.pattern}
      project={project}
      title={group.pattern || "The failure gives no reason."}
      verdict={undefined}
      tests={group.tests}
      openTest={openTest}
      onOpen={onOpen}
    />
  ));
}
