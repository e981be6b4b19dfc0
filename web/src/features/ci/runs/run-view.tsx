import { Button, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { PageFooter } from "@/components/page/page-footer";
import { SkeletonRows } from "@/components/page/skeleton";
import { LogList } from "@/features/logs/list/log-list";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { useCommands } from "@/lib/page/commands";
import { useStoredChoice } from "@/lib/page/storage";
import { fieldTerm } from "@/lib/text/filter-text";
import { formatCount } from "@/lib/time/time";
import type { Log, Run } from "../ci-queries";
import type { RunSearch } from "../ci-search";
import { RunNotes } from "../emulations/run-notes";
import { RunHeader, RunOrigin } from "./run-header";
import { ciAttribute, firstError, firstFailure, type JobView, type TestView } from "./run-output";
import classes from "./run-page.module.css";
import { RunTests } from "./run-tests";
import { type Selection, StepTree } from "./step-tree";
import { useRunOutput } from "./use-run-output";

const ROUTE = "/signed-in/projects/$project/ci/runs/$run";
const ALL = "*";

/** Returns what the address selects; without a step, the failing one, and all output while it runs. */
function selectionOf(search: RunSearch, jobs: readonly JobView[], isLive: boolean): Selection {
  if (search.job === ALL) return null;
  if (search.job) return { job: search.job, step: search.step ?? null };
  return isLive ? null : firstFailure(jobs);
}

function linesOf(selection: Selection, jobs: readonly JobView[], all: readonly Log[]): readonly Log[] {
  if (selection === null) return all;
  const job = jobs.find(({ name }) => name === selection.job);
  if (selection.step === null) return all.filter((line) => ciAttribute(line, "job") === selection.job);
  return job?.steps.find(({ name }) => name === selection.step)?.lines ?? [];
}

/** A run: its steps, the lines of the selected one, and the tests that they report. */
export function RunView({ project, run }: { project: string; run: Run }) {
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/projects/$project/ci/runs/$run" });
  const output = useRunOutput(project, run);
  const { jobs, tests } = output;
  const [wrap] = useStoredChoice("wrap", ["off", "on"]);
  const [target, setTarget] = useState<string>();
  const find = useRef<HTMLInputElement>(null);
  const selection = selectionOf(search, jobs, output.isLive);
  const needle = search.find?.toLowerCase() ?? "";
  const shown = useMemo(
    () =>
      needle
        ? output.lines.filter(({ message }) => message.toLowerCase().includes(needle))
        : linesOf(selection, jobs, output.lines),
    [needle, output.lines, jobs, selection],
  );
  const filter = `source:github-actions ${fieldTerm("attributes.ci.run_id", run.run_id)}`;
  useApiRequests([
    {
      name: "Run",
      method: "GET",
      path: pathWith(`/api/v1/ci/runs/${run.run_id}`, { project_id: project }),
      operation: "run_read",
    },
    {
      name: "Output",
      method: "GET",
      path: pathWith(`/api/v1/ci/runs/${run.run_id}/logs`, { project_id: project }),
      operation: "run_log_list",
    },
  ]);
  const change = (next: RunSearch, replace = true) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace });
  const select = (next: Selection) => {
    setTarget(undefined);
    change({ job: next?.job ?? ALL, step: next?.step ?? undefined, open: undefined, find: undefined }, false);
  };
  const showLine = (line: Log) => {
    change({
      job: ciAttribute(line, "job") ?? ALL,
      step: ciAttribute(line, "step") ?? undefined,
      open: line.id,
      find: undefined,
    });
    setTarget(line.id);
  };
  const errors = output.lines.filter(({ severity }) => severity === "error");
  const nextError = () => {
    const current = errors.findIndex(({ id }) => id === search.open);
    const next = errors[(current + 1) % errors.length];
    if (next) showLine(next);
  };
  const toLogs = (q: string, line?: Log) =>
    void navigate({
      to: "/projects/$project/logs",
      params: { project },
      search: line ? { around: line.id, open: line.id } : { q, range: "all" },
    });
  useCommands([
    { id: "run-next-error", label: "Next error of the run", group: "Run", keys: ["n"], run: nextError },
    {
      id: "run-find",
      label: "Find in all steps",
      group: "Run",
      keys: ["/"],
      run: () => find.current?.focus(),
    },
    {
      id: "run-logs",
      label: "Open the output in Logs",
      group: "Run",
      keys: ["o"],
      run: () => toLogs(filter),
    },
  ]);
  // While it runs, the list follows the newest line.
  const scrollTo = target ?? (search.open || output.isLive ? undefined : firstError(shown)?.id);
  const title = needle ? "Found in all steps" : (selection?.step ?? selection?.job ?? "All output");
  return (
    <>
      <RunHeader project={project} run={run} />
      {run.emulated ? <RunNotes project={project} run={run} /> : null}
      {run.logs === "unavailable" ? (
        <Notice tone="warn">
          The output is not there: {run.logs_detail ?? "GitHub does not return it"}.
        </Notice>
      ) : null}
      {output.error ? <ProblemNotice error={output.error} onRetry={output.retry} /> : null}
      <div className={classes.work}>
        <div className={classes.side}>
          <StepTree jobs={jobs} lines={output.lines.length} selection={selection} onSelect={select} />
          <RunOrigin project={project} run={run} />
        </div>
        <div className={classes.main}>
          <div className={classes.title}>
            <strong className="clip">{title}</strong>
            <span className="muted">{formatCount(shown.length)} lines</span>
            <span className="grow" />
            <TextInput
              ref={find}
              size="xs"
              aria-label="Find in all steps"
              placeholder="Find in all steps"
              leftSection={<IconSearch size={14} aria-hidden />}
              value={search.find ?? ""}
              onChange={(event) => change({ find: event.currentTarget.value || undefined })}
            />
            <Button onClick={() => toLogs(filter)}>Open in Logs</Button>
          </div>
          {shown.length > 0 ? (
            <LogList
              key={`${selection?.job}\n${selection?.step}\n${needle}\n${output.isLive}`}
              items={shown}
              openId={search.open}
              onOpen={(open) => change({ open })}
              wrap={wrap === "on"}
              anchor={output.isLive ? "end" : "start"}
              scrollToId={scrollTo}
              actions={{
                onInclude: (field, value) => toLogs(`${filter} ${fieldTerm(field, value)}`),
                onContext: (line) => toLogs("", line),
                linkOf: (line) => `${location.origin}/projects/${project}/logs/${line.id}`,
              }}
            />
          ) : output.isLoading ? (
            <SkeletonRows rows={20} label="Reading the output" />
          ) : (
            <p className={`muted ${classes.note}`}>{whyEmpty(run, needle)}</p>
          )}
        </div>
        <RunTests
          tests={tests}
          selected={tests.find(({ lines }) => lines.some(({ id }) => id === search.open))?.id}
          onSelect={(test: TestView) => {
            const line = firstError(test.lines) ?? test.lines[0];
            if (line) showLine(line);
          }}
        />
      </div>
      <PageFooter
        keys={[
          ["N", "next error"],
          ["/", "find in all steps"],
          ["O", "open in Logs"],
        ]}
      >
        <span>
          <b>{formatCount(output.lines.length)}</b> lines{output.isCut ? " read, there are more in Logs" : ""}
        </span>
        <span>
          <b>{formatCount(errors.length)}</b> errors
        </span>
      </PageFooter>
    </>
  );
}

function whyEmpty(run: Run, needle: string): string {
  if (needle) return "No line of the run contains this text.";
  if (run.conclusion === "startup_failure") return "The workflow did not start.";
  if (run.status === "queued")
    return run.emulated ? "It waits for an emulator." : "GitHub has not started it yet.";
  if (run.status !== "completed")
    return run.emulated ? "Nothing was printed yet." : "The output of a job appears when the job ends.";
  if (run.logs === "waiting") return "The output is being fetched from GitHub.";
  if (run.logs === "collected") return "This step printed nothing.";
  return "Logloop did not collect the output of this run.";
}
