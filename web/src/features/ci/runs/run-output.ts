import type { CiBridge } from "@/lib/api/client";
import type { Log } from "../ci-queries";

/** How a job, a step or a test ended. */
export type Outcome = "failed" | "passed" | "skipped" | "cancelled" | "running" | "waiting" | "unknown";
export type StepView = {
  name: string;
  outcome: Outcome;
  seconds: number | null;
  /** When it began: milliseconds since 1970. */
  startedAt: number | null;
  lines: readonly Log[];
};
export type JobView = { name: string; outcome: Outcome; seconds: number | null; steps: StepView[] };
export type TestView = { id: string; outcome: Outcome; lines: readonly Log[] };

/** A job as ci-bridge keeps it with a completed run, or as it is in an emulated run that goes on. */
export type StoredJob = CiBridge["schemas"]["RunJob"];
type StoredStep = CiBridge["schemas"]["RunStep"];

const OUTCOMES: Record<string, Outcome> = {
  success: "passed",
  passed: "passed",
  failure: "failed",
  failed: "failed",
  timed_out: "failed",
  startup_failure: "failed",
  skipped: "skipped",
  neutral: "skipped",
  cancelled: "cancelled",
};
const END = "End of the job";
const FINDINGS_JOB = "emulation";

/** Returns an attribute such as "ci.job", however it is nested. */
export function ciAttribute(log: Log, name: string): string | null {
  const attributes = log.attributes as Record<string, unknown> | null;
  const nested = attributes?.ci as Record<string, unknown> | undefined;
  const value = attributes?.[`ci.${name}`] ?? nested?.[name];
  return value === undefined || value === null ? null : String(value);
}

function outcomeOf(conclusion: string | null | undefined): Outcome {
  return conclusion ? (OUTCOMES[conclusion] ?? "unknown") : "unknown";
}

function secondsBetween(start: string | null | undefined, end: string | null | undefined): number | null {
  return start && end ? Math.max(0, (Date.parse(end) - Date.parse(start)) / 1000) : null;
}

/** Keeps the lines of the attempt that a run shows. */
export function linesOfAttempt(lines: readonly Log[], attempt: number): Log[] {
  return lines.filter((line) => Number(ciAttribute(line, "attempt") ?? attempt) === attempt);
}

/**
 * Leaves out the job whose output says what an emulated run does differently from GitHub. Unlike a job of the workflow, it
 * has no steps.
 */
export function withoutFindings(
  jobs: readonly StoredJob[],
  lines: readonly Log[],
): { jobs: readonly StoredJob[]; lines: readonly Log[] } {
  const own = jobs.filter(({ name, steps }) => name !== FINDINGS_JOB || (steps?.length ?? 0) > 0);
  if (own.some(({ name }) => name === FINDINGS_JOB)) return { jobs: own, lines };
  return { jobs: own, lines: lines.filter((line) => ciAttribute(line, "job") !== FINDINGS_JOB) };
}

type Group = { job: string; steps: Map<string, Log[]>; end: Log | null };

function groupLines(lines: readonly Log[]): Map<string, Group> {
  const jobs = new Map<string, Group>();
  for (const line of lines) {
    const job = ciAttribute(line, "job") ?? "output";
    const group = jobs.get(job) ?? { job, steps: new Map(), end: null };
    jobs.set(job, group);
    if (ciAttribute(line, "job_conclusion")) group.end = line;
    const step = ciAttribute(line, "step") ?? END;
    const own = group.steps.get(step);
    if (own) own.push(line);
    else group.steps.set(step, [line]);
  }
  return jobs;
}

/** A job of which only the lines are known: the last line names the steps that failed. */
function jobOfLines({ job, steps, end }: Group): JobView {
  const conclusion = end ? ciAttribute(end, "job_conclusion") : null;
  const failed = new Set(/ in step (.*)$/s.exec(end?.message ?? "")?.[1]?.split(", "));
  const all = [...steps.entries()].map(([name, lines]): StepView => {
    const first = lines[0]?.timestamp;
    return {
      name,
      outcome: failed.has(name) ? "failed" : conclusion === null ? "running" : "passed",
      seconds: secondsBetween(first, lines.at(-1)?.timestamp),
      startedAt: first ? Date.parse(first) : null,
      lines,
    };
  });
  const first = all[0]?.lines[0]?.timestamp;
  return {
    name: job,
    outcome: conclusion === null ? "running" : outcomeOf(conclusion),
    seconds: secondsBetween(first, end?.timestamp ?? all.at(-1)?.lines.at(-1)?.timestamp),
    steps: all,
  };
}

/** How something stands: without a conclusion it runs, or waits until it starts. */
function outcomeNow({ conclusion, started_at, completed_at }: StoredJob | StoredStep): Outcome {
  if (conclusion || completed_at) return outcomeOf(conclusion);
  return started_at ? "running" : "waiting";
}

function jobOfRecord(stored: StoredJob, group: Group | undefined): JobView {
  const own = (stored.steps ?? []).map(
    (step): StepView => ({
      name: step.name,
      outcome: outcomeNow(step),
      seconds: secondsBetween(step.started_at, step.completed_at),
      startedAt: step.started_at ? Date.parse(step.started_at) : null,
      lines: group?.steps.get(step.name) ?? [],
    }),
  );
  const known = new Set(own.map(({ name }) => name));
  const others = group ? jobOfLines(group).steps.filter(({ name }) => !known.has(name)) : [];
  return {
    name: stored.name,
    outcome: outcomeNow(stored),
    seconds: secondsBetween(stored.started_at, stored.completed_at),
    steps: [...own, ...others],
  };
}

const isBad = ({ outcome }: { outcome: Outcome }) => outcome === "failed";

/** Returns the jobs of a run with their steps and lines, failed jobs first. */
export function jobsOf(stored: readonly StoredJob[], lines: readonly Log[]): JobView[] {
  const groups = groupLines(lines);
  const known = new Set(stored.map(({ name }) => name));
  const jobs = [
    ...stored.map((job) => jobOfRecord(job, groups.get(job.name))),
    ...[...groups.values()].filter(({ job }) => !known.has(job)).map(jobOfLines),
  ];
  return [...jobs.filter(isBad), ...jobs.filter((job) => !isBad(job))];
}

/** Returns the step to open first: the first that failed, else the first with an error, else none. */
export function firstFailure(jobs: readonly JobView[]): { job: string; step: string } | null {
  const steps = jobs.flatMap((job) => job.steps.map((step) => ({ job: job.name, step })));
  const found =
    steps.find(({ step }) => isBad(step) && step.lines.length > 0) ??
    steps.find(({ step }) => step.lines.some(({ severity }) => severity === "error"));
  return found ? { job: found.job, step: found.step.name } : null;
}

/** Returns the first error line; when there is none, nothing. */
export function firstError(lines: readonly Log[]): Log | undefined {
  return lines.find(({ severity }) => severity === "error");
}

/** Returns the tests that the output reports, failed ones first. A test that failed once counts as failed. */
export function testsOf(lines: readonly Log[], failedTests: readonly string[]): TestView[] {
  const tests = new Map<string, TestView & { lines: Log[] }>(
    failedTests.map((id) => [id, { id, outcome: "failed", lines: [] }]),
  );
  for (const line of lines) {
    if (!line.test_id) continue;
    const outcome = ciAttribute(line, "test_outcome");
    const test = tests.get(line.test_id) ?? { id: line.test_id, outcome: "unknown" as Outcome, lines: [] };
    tests.set(line.test_id, test);
    test.lines.push(line);
    if (outcome && test.outcome !== "failed") test.outcome = outcomeOf(outcome);
  }
  const order: Outcome[] = ["failed", "cancelled", "unknown", "skipped", "passed"];
  return [...tests.values()].sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome));
}
