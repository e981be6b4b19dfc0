import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { fieldTerm } from "@/lib/text/filter-text";
import { formatCount } from "@/lib/time/time";
import { type Log, runErrorsOptions } from "../../ci-queries";
import classes from "../chains.module.css";
import { type ChainEvent, inOrder } from "../timeline";
import { EventLine } from "./event-line";
import { LogLine } from "./log-line";

const SHOWN = 8;

/** The lines to show of an output: those that matter first, in their order. */
function linesToShow(lines: readonly Log[], matched: ReadonlySet<string>): Log[] {
  if (lines.length <= SHOWN) return [...lines];
  const rank = (line: Log) =>
    matched.has(line.id) ? 0 : line.severity === "error" ? 1 : line.severity === "warn" ? 2 : 3;
  const kept = new Set([...lines].sort((a, b) => rank(a) - rank(b)).slice(0, SHOWN));
  return lines.filter((line) => kept.has(line));
}

type OutputBodyProps = {
  project: string;
  event: Extract<ChainEvent, { kind: "output" }>;
  /** Goes to the rule that a line made fire. */
  onFollow: (logId: string) => void;
};

/** What a run printed: the lines that the next rule matched, and errors. */
export function OutputBody({ project, event, onFollow }: OutputBodyProps) {
  const errors = useQuery(runErrorsOptions(project, event.run.run_id, event.count));
  const shown = linesToShow(inOrder([...event.lines, ...(errors.data ?? [])]), event.matched);
  const q = `source:github-actions ${fieldTerm("attributes.ci.run_id", event.run.run_id)}`;
  const failed = event.run.failed_tests?.length ?? 0;
  return (
    <>
      <EventLine
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
      </EventLine>
      <div className={classes.more}>
        {shown.map((line) => (
          <div key={line.id} className={event.matched.has(line.id) ? classes.matched : undefined}>
            <LogLine log={line} />
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
