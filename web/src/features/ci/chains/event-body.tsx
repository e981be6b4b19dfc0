import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { gateText } from "@/features/ci/rules/firings/gates";
import { LogRow } from "@/features/logs/list/log-row";
import { useRights } from "@/lib/api/session";
import { fieldTerm } from "@/lib/text/filter-text";
import { formatCount, formatDuration, useZone } from "@/lib/time/time";
import { type Dispatch, type Log, runErrorsOptions } from "../ci-queries";
import { runName, runSeconds } from "../runs/run-words";
import { dispatchState, runState, StateMark, Tag } from "../state-mark";
import classes from "./chains.module.css";
import { FiringReason } from "./firing-reason";
import { RunSteps } from "./run-steps";
import { type ChainEvent, inOrder } from "./timeline";

type EventBodyProps = {
  project: string;
  event: ChainEvent;
  onFollow: (logId: string) => void;
  onBack: (() => void) | undefined;
};

/** What an event of a chain was. */
export function EventBody({ project, event, onFollow, onBack }: EventBodyProps) {
  switch (event.kind) {
    case "log":
      return (
        <Line kind="Log" links={<LogLinks project={project} id={event.id} log={event.log} />}>
          {event.log ? (
            <OneLine log={event.log} />
          ) : (
            <span className="muted">The line is no longer stored.</span>
          )}
        </Line>
      );
    case "analysis":
      return (
        <Line
          kind="Analysis"
          links={
            <Link to="/projects/$project/analyses/$analysis" params={{ project, analysis: event.id }}>
              open analysis
            </Link>
          }
        >
          An analysis completed, and the rule looked at its findings.
        </Line>
      );
    case "request":
      return (
        <Line kind="Request">
          <strong>{event.by ?? "A person"}</strong> started the pipeline by hand.
        </Line>
      );
    case "rule":
      return <RuleBody project={project} dispatch={event.dispatch} onBack={onBack} />;
    case "blocked":
      return (
        <Line
          kind="Rule"
          links={
            <Link to="/projects/$project/ci/rules/$rule" params={{ project, rule: event.blocked.rule_id }}>
              why it did not fire
            </Link>
          }
        >
          <strong>{event.blocked.rule_name ?? "A deleted rule"}</strong>
          <StateMark tone="caution">
            held back{event.blocked.gate ? `: ${gateText(event.blocked.gate)}` : ""}
          </StateMark>
        </Line>
      );
    case "dispatch":
      return <DispatchBody project={project} dispatch={event.dispatch} />;
    case "run":
      return <RunBody project={project} event={event} />;
    case "output":
      return <OutputBody project={project} event={event} onFollow={onFollow} />;
    case "next":
      return (
        <Line kind="Next">
          <span className="muted">{event.text}</span>
        </Line>
      );
  }
}

function Line({ kind, links, children }: { kind: string; links?: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.line}>
      <span className={classes.kind}>{kind}</span>
      {children}
      <span className="grow" />
      <span className={classes.links}>{links}</span>
    </div>
  );
}

function LogLinks({ project, id, log }: { project: string; id: string; log: Log | null }) {
  const { edit } = useRights(project);
  return (
    <>
      <Link to="/projects/$project/logs/$log" params={{ project, log: id }}>
        in Logs
      </Link>
      {log && edit ? (
        <Link
          to="/projects/$project/ci/rules/new"
          params={{ project }}
          search={{ service: log.service_id, severity: log.severity, text: log.message.slice(0, 200) }}
        >
          rule from this
        </Link>
      ) : null}
    </>
  );
}

/** A line in the rows of the log list. */
function OneLine({ log }: { log: Log }) {
  const [zone] = useZone();
  return (
    <div className={`${classes.lines} grow`}>
      <LogRow
        log={log}
        repeats={1}
        zone={zone}
        wrap={false}
        json={false}
        isSelected={false}
        isOpen={false}
        citation={undefined}
        isCitationActive={false}
        inTrace={false}
        columns={NO_COLUMNS}
        showsDay={false}
      />
    </div>
  );
}
const NO_COLUMNS: readonly string[] = [];

function RuleBody({
  project,
  dispatch,
  onBack,
}: {
  project: string;
  dispatch: Dispatch;
  onBack: (() => void) | undefined;
}) {
  const { rule_id: rule, reason } = dispatch;
  return (
    <>
      <Line
        kind="Rule"
        links={
          <>
            {onBack ? (
              <button type="button" className="linkButton" onClick={onBack}>
                its cause
              </button>
            ) : null}
            {rule ? (
              <Link to="/projects/$project/ci/rules/$rule" params={{ project, rule }}>
                why it fires
              </Link>
            ) : null}
          </>
        }
      >
        <strong>{dispatch.rule_name ?? "A deleted rule"}</strong>
        <StateMark tone="good">{dispatch.dry_run ? "fired, dry run" : "fired"}</StateMark>
      </Line>
      {reason ? (
        <div className={classes.more}>
          <FiringReason reason={reason} />
        </div>
      ) : null}
    </>
  );
}

function DispatchBody({ project, dispatch }: { project: string; dispatch: Dispatch }) {
  const [tone, words] = dispatchState(dispatch);
  const values = Object.entries(dispatch.payload ?? {});
  const tries = dispatch.attempts ?? 0;
  return (
    <>
      <Line
        kind="Dispatch"
        links={
          <Link to="/projects/$project/ci/dispatches" params={{ project }} search={{ open: dispatch.id }}>
            payload
          </Link>
        }
      >
        <strong className="mono">
          {dispatch.mode === "workflow_dispatch" ? dispatch.workflow : dispatch.event_type}
        </strong>
        <span className="muted">
          to {dispatch.repository}
          {tries > 0 ? `, ${tries} ${tries === 1 ? "try" : "tries"}` : ""}
        </span>
        <StateMark tone={tone}>{words}</StateMark>
        {dispatch.detail ? <span className="soft">{dispatch.detail}</span> : null}
      </Line>
      {values.length > 0 ? (
        <div className={`${classes.payload} ${classes.more}`}>
          {values.map(([name, value]) => (
            <span key={name}>
              <span className="muted">{name}</span> {String(value)}
            </span>
          ))}
        </div>
      ) : null}
    </>
  );
}

function RunBody({ project, event }: { project: string; event: Extract<ChainEvent, { kind: "run" }> }) {
  const { run } = event;
  const [tone, words] = runState(run);
  const seconds = runSeconds(run);
  return (
    <>
      <Line
        kind="Run"
        links={
          <>
            <Link to="/projects/$project/ci/runs/$run" params={{ project, run: run.run_id }}>
              open run
            </Link>
            {run.url ? (
              <a href={run.url} target="_blank" rel="noopener noreferrer">
                GitHub
              </a>
            ) : null}
          </>
        }
      >
        <strong>{runName(run)}</strong>
        {run.guessed ? <Tag>matched by time</Tag> : null}
        <StateMark tone={tone}>{words}</StateMark>
        <span className="muted">{seconds === null ? "" : formatDuration(seconds)}</span>
      </Line>
      <div className={classes.more}>
        <RunSteps run={run} />
      </div>
    </>
  );
}

const SHOWN = 8;

/** The lines to show of an output: those that matter first, in their order. */
function linesToShow(lines: readonly Log[], matched: ReadonlySet<string>): Log[] {
  if (lines.length <= SHOWN) return [...lines];
  const rank = (line: Log) =>
    matched.has(line.id) ? 0 : line.severity === "error" ? 1 : line.severity === "warn" ? 2 : 3;
  const kept = new Set([...lines].sort((a, b) => rank(a) - rank(b)).slice(0, SHOWN));
  return lines.filter((line) => kept.has(line));
}

function OutputBody({
  project,
  event,
  onFollow,
}: {
  project: string;
  event: Extract<ChainEvent, { kind: "output" }>;
  onFollow: (logId: string) => void;
}) {
  const errors = useQuery(runErrorsOptions(project, event.run.run_id, event.count));
  const shown = linesToShow(inOrder([...event.lines, ...(errors.data ?? [])]), event.matched);
  const q = `source:github-actions ${fieldTerm("attributes.ci.run_id", event.run.run_id)}`;
  const failed = event.run.failed_tests?.length ?? 0;
  return (
    <>
      <Line
        kind="Output"
        links={
          <Link to="/projects/$project/logs" params={{ project }} search={{ q, range: "all" }}>
            all in Logs
          </Link>
        }
      >
        <strong>{formatCount(event.count)} lines</strong>
        <span className="muted">
          {shown.length} shown{failed > 0 ? `, ${failed} failed tests` : ""}
        </span>
        {event.detail ? <span className="caution">{event.detail}</span> : null}
      </Line>
      <div className={classes.more}>
        {shown.map((line) => (
          <div key={line.id} className={event.matched.has(line.id) ? classes.matched : undefined}>
            <OneLine log={line} />
            {event.matched.has(line.id) ? (
              <div className={classes.matchedNote}>
                <button type="button" className="linkButton" onClick={() => onFollow(line.id)}>
                  ↻ matched by the next rule
                </button>
              </div>
            ) : null}
          </div>
        ))}
      </div>
    </>
  );
}
