import type { Run } from "../ci-queries";

/** Seconds from start to end of a run; null while it runs. */
export function runSeconds(run: Run): number | null {
  if (run.status !== "completed" || !run.started_at || !run.updated_at) return null;
  return Math.max(0, (Date.parse(run.updated_at) - Date.parse(run.started_at)) / 1000);
}

export function runName(run: Run): string {
  return run.workflow ?? run.name ?? `run ${run.run_id}`;
}
