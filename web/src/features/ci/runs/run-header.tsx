import { Button } from "@mantine/core";
import { IconBrandGithub } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LoopStrip } from "@/components/loop-strip";
import { formatAge, formatCount, formatDuration, formatMoment, useZone } from "@/lib/time/time";
import { CauseLink } from "../cause-link";
import { dispatchOptions, type Run } from "../ci-queries";
import { runState, StateMark, Tag } from "../state-mark";
import classes from "./run-page.module.css";
import { runName, runSeconds } from "./run-words";
import { StopRun } from "./stop-run";

/** The title of a run without its name, unless it only repeats the name or the id by which the run was found. */
function titleOf(run: Run): string {
  const { title, name, correlation_id: id } = run;
  if (!title || title === name || (id && title.includes(id))) return "";
  return name && title.startsWith(`${name} `) ? title.slice(name.length + 1) : title;
}

/** Name, state and place in the loop of a run, and the way to GitHub. */
export function RunHeader({ project, run }: { project: string; run: Run }) {
  const [zone] = useZone();
  const [tone, words] = runState(run);
  const seconds = runSeconds(run);
  const at = run.started_at ?? run.created_at;
  const hasOutput = run.logs === "collected";
  return (
    <div className={classes.bar}>
      <div>
        <div className="muted small">
          <Link
            className="underlined"
            to="/projects/$project/ci/runs"
            params={{ project }}
            activeOptions={{ exact: true }}
          >
            Runs
          </Link>{" "}
          / {run.repository} / {run.workflow}
        </div>
        <div className="row">
          <h1>
            {runName(run)} <span className="muted">{titleOf(run)}</span>
          </h1>
          <StateMark tone={tone}>{words}</StateMark>
          {(run.attempt ?? 1) > 1 ? <Tag>attempt {run.attempt}</Tag> : null}
          {run.emulated ? <Tag>emulated</Tag> : null}
          {run.guessed ? <Tag>matched by time</Tag> : null}
          <span className="muted" title={at ? formatMoment(new Date(at), zone) : undefined}>
            {seconds === null ? "" : `${formatDuration(seconds)}, `}
            {at ? formatAge(new Date(at)) : ""}
          </span>
        </div>
      </div>
      <div className={classes.loop}>
        <LoopStrip
          steps={[
            {
              kind: "log",
              name: run.dispatch_id ? "Cause" : run.emulated ? "By hand" : "GitHub",
              note: run.dispatch_id ? "" : run.emulated ? "in the emulator" : (run.event ?? "an event"),
              state: "done",
            },
            {
              kind: "workflow",
              name: "Workflow",
              note: words,
              state: run.status === "completed" ? "done" : "now",
            },
            {
              kind: "log",
              name: "Log",
              note: hasOutput ? `${formatCount(run.log_count ?? 0)} lines` : "its output",
              state: hasOutput ? "done" : run.status === "completed" ? "now" : "next",
            },
          ]}
        />
      </div>
      <span className="grow" />
      <StopRun project={project} run={run} />
      {run.url ? (
        <Button
          component="a"
          href={run.url}
          target="_blank"
          rel="noopener noreferrer"
          leftSection={<IconBrandGithub size={14} aria-hidden />}
        >
          Open on GitHub
        </Button>
      ) : null}
    </div>
  );
}

/** Why the run started. */
export function RunOrigin({ project, run }: { project: string; run: Run }) {
  const dispatch = useQuery({ ...dispatchOptions(run.dispatch_id ?? ""), enabled: Boolean(run.dispatch_id) });
  return (
    <section className={classes.facts} aria-label="Started by">
      <strong>Started by</strong>
      {run.dispatch_id ? (
        <>
          {run.rule_id ? (
            <span>
              rule{" "}
              <Link
                className="underlined"
                to="/projects/$project/ci/rules/$rule"
                params={{ project, rule: run.rule_id }}
              >
                {dispatch.data?.rule_name ?? run.rule_id}
              </Link>
              , hop {run.hop ?? 0}
            </span>
          ) : (
            <span>{dispatch.data?.created_by ?? "a person"}</span>
          )}
          {dispatch.data?.cause?.length ? (
            <span>
              because of <CauseLink project={project} dispatch={dispatch.data} />
            </span>
          ) : null}
          <span>
            <Link
              to="/projects/$project/ci/dispatches"
              params={{ project }}
              search={{ open: run.dispatch_id }}
            >
              the dispatch
            </Link>
            {" · "}
            <Link
              to="/projects/$project/ci/chains/$chain"
              params={{ project, chain: dispatch.data?.chain_id || run.dispatch_id }}
            >
              the whole chain
            </Link>
          </span>
        </>
      ) : (
        <span className="soft">
          {run.emulated
            ? "By hand, in the emulator"
            : `GitHub, on ${run.event ?? "an event"}${run.branch ? ` of ${run.branch}` : ""}`}
        </span>
      )}
    </section>
  );
}
