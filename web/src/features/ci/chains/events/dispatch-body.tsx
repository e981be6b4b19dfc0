import { Link } from "@tanstack/react-router";
import type { Dispatch } from "../../ci-queries";
import { dispatchState, StateMark } from "../../state-mark";
import classes from "../chains.module.css";
import { EventLine } from "./event-line";

/** A dispatch with its payload. */
export function DispatchBody({ project, dispatch }: { project: string; dispatch: Dispatch }) {
  const [tone, words] = dispatchState(dispatch);
  const values = Object.entries(dispatch.payload ?? {});
  const tries = dispatch.attempts ?? 0;
  return (
    <>
      <EventLine
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
      </EventLine>
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
