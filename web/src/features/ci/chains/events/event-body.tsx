import { Link } from "@tanstack/react-router";
import { gateText } from "@/features/ci/rules/firings/gates";
import { useRights } from "@/lib/api/session";
import type { Log } from "../../ci-queries";
import { StateMark } from "../../state-mark";
import type { ChainEvent } from "../timeline";
import { DispatchBody } from "./dispatch-body";
import { EventLine } from "./event-line";
import { LogLine } from "./log-line";
import { OutputBody } from "./output-body";
import { RuleBody } from "./rule-body";
import { RunBody } from "./run-body";

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
        <EventLine kind="Log" links={<LogLinks project={project} id={event.id} log={event.log} />}>
          {event.log ? (
            <LogLine log={event.log} />
          ) : (
            <span className="muted">This line was deleted or has expired.</span>
          )}
        </EventLine>
      );
    case "analysis":
      return (
        <EventLine
          kind="Analysis"
          links={
            <Link to="/projects/$project/analyses/$analysis" params={{ project, analysis: event.id }}>
              open analysis
            </Link>
          }
        >
          An analysis completed, and the rule looked at its findings.
        </EventLine>
      );
    case "request":
      return (
        <EventLine kind="Request">
          <strong>{event.by ?? "A person"}</strong> started the pipeline by hand.
        </EventLine>
      );
    case "rule":
      return <RuleBody project={project} dispatch={event.dispatch} onBack={onBack} />;
    case "blocked":
      return (
        <EventLine
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
        </EventLine>
      );
    case "dispatch":
      return <DispatchBody project={project} dispatch={event.dispatch} />;
    case "run":
      return <RunBody project={project} event={event} />;
    case "output":
      return <OutputBody project={project} event={event} onFollow={onFollow} />;
    case "next":
      return (
        <EventLine kind="Next">
          <span className="muted">{event.text}</span>
        </EventLine>
      );
  }
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
