import { formatDuration } from "@/lib/time/time";
import type { Run } from "../../ci-queries";
import { OutcomeMark } from "../../runs/outcome-mark";
import { jobsOf } from "../../runs/run-output";
import classes from "../chains.module.css";

const MAX_STEPS = 24;

/** The steps of a run as bars over its time. */
export function RunSteps({ run }: { run: Run }) {
  const jobs = jobsOf(run.jobs ?? [], []);
  const steps = jobs
    .flatMap((job) => job.steps.map((step) => ({ ...step, job: job.name })))
    .slice(0, MAX_STEPS);
  const starts = steps.flatMap(({ startedAt }) => (startedAt === null ? [] : [startedAt]));
  if (steps.length === 0) {
    const failed = run.failed_jobs ?? [];
    return failed.length > 0 ? <span className="bad">failed jobs: {failed.join(", ")}</span> : null;
  }
  const start = Math.min(...starts);
  const end = Math.max(
    start + 1000,
    ...steps.map(({ startedAt, seconds }) => (startedAt ?? start) + (seconds ?? 0) * 1000),
  );
  const share = (length: number) => `${(Math.max(0, length) / (end - start)) * 100}%`;
  return (
    <>
      {steps.map((step) => (
        <div key={`${step.job} ${step.name}`} className={classes.step}>
          <OutcomeMark outcome={step.outcome} />
          <span
            className={`clip ${step.outcome === "failed" ? "strong" : ""}`}
            title={`${step.job}: ${step.name}`}
          >
            {step.name}
          </span>
          <span className={classes.track} aria-hidden>
            {step.startedAt === null || step.outcome === "skipped" ? null : (
              <i
                data-failed={step.outcome === "failed" || undefined}
                style={{ left: share(step.startedAt - start), width: share((step.seconds ?? 0) * 1000) }}
              />
            )}
          </span>
          <span className="muted number">
            {step.outcome === "skipped"
              ? "skipped"
              : step.seconds === null
                ? ""
                : formatDuration(step.seconds)}
          </span>
        </div>
      ))}
    </>
  );
}
