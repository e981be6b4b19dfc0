import { formatCount, formatDuration } from "@/lib/time/time";
import { OutcomeMark } from "./outcome-mark";
import type { JobView } from "./run-output";
import classes from "./run-page.module.css";

/** The step whose lines are shown; null stands for all lines. */
export type Selection = { job: string; step: string | null } | null;

/** Jobs and steps of a run with their durations. A click shows the lines of a step. */
export function StepTree({
  jobs,
  lines,
  selection,
  onSelect,
}: {
  jobs: readonly JobView[];
  lines: number;
  selection: Selection;
  onSelect: (selection: Selection) => void;
}) {
  const steps = jobs.reduce((sum, job) => sum + job.steps.length, 0);
  return (
    <nav aria-label="Steps">
      <div className={classes.title}>
        <strong>
          {jobs.length} {jobs.length === 1 ? "job" : "jobs"}, {steps} {steps === 1 ? "step" : "steps"}
        </strong>
        <span className="grow" />
        <span className="muted small">failing first</span>
      </div>
      <button
        type="button"
        className={classes.entry}
        aria-current={selection === null}
        onClick={() => onSelect(null)}
      >
        All output
        <span className="grow" />
        <span className="muted small">{formatCount(lines)} lines</span>
      </button>
      {jobs.map((job) => (
        <div key={job.name}>
          <button
            type="button"
            className={classes.entry}
            aria-current={selection?.job === job.name && selection.step === null}
            onClick={() => onSelect({ job: job.name, step: null })}
          >
            <OutcomeMark outcome={job.outcome} />
            <strong className="clip">{job.name}</strong>
            <span className="grow" />
            <Took seconds={job.seconds} outcome={job.outcome} />
          </button>
          {job.steps.map((step) => (
            <button
              key={step.name}
              type="button"
              className={`${classes.entry} ${classes.step}`}
              aria-current={selection?.job === job.name && selection.step === step.name}
              onClick={() => onSelect({ job: job.name, step: step.name })}
            >
              <OutcomeMark outcome={step.outcome} />
              <span className={`clip ${step.outcome === "failed" ? "strong" : ""}`} title={step.name}>
                {step.name}
              </span>
              <span className="grow" />
              <Took seconds={step.seconds} outcome={step.outcome} />
            </button>
          ))}
        </div>
      ))}
    </nav>
  );
}

function Took({ seconds, outcome }: { seconds: number | null; outcome: string }) {
  if (outcome === "skipped") return <span className="muted small">skipped</span>;
  return <span className={`muted small ${classes.took}`}>{seconds ? formatDuration(seconds) : ""}</span>;
}
