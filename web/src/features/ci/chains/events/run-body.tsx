import { Link } from "@tanstack/react-router";
import { formatDuration } from "@/lib/time/time";
import { runName, runSeconds } from "../../runs/run-words";
import { runState, StateMark, Tag } from "../../state-mark";
import classes from "../chains.module.css";
import type { ChainEvent } from "../timeline";
import { EventLine } from "./event-line";
import { RunSteps } from "./run-steps";

type RunBodyProps = { project: string; event: Extract<ChainEvent, { kind: "run" }> };

/** A run with its steps. */
export function RunBody({ project, event }: RunBodyProps) {
  const { run } = event;
  const [tone, words] = runState(run);
  const seconds = runSeconds(run);
  return (
    <>
      <EventLine
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
      </EventLine>
      <div className={classes.more}>
        <RunSteps run={run} />
      </div>
    </>
  );
}
