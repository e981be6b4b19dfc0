import type { RuleDraft } from "@/features/ci/rules/rule-queries";
import type { Subject } from "../condition/condition";

export type Action = RuleDraft["action"];
export type Analyze = NonNullable<Action["analyze"]>;

export const NEW_ANALYSIS: Analyze = { before: "15m", after: "30s" };
export const NEW_RERUN = { max_attempts: 2 };

/** Returns the actions that were chosen. A pipeline that is still to be chosen stays only when it is the only one. */
export function compactAction(action: Action): Action {
  const chosen = Object.entries(action).filter(([, value]) =>
    Array.isArray(value) ? value.length > 0 : Boolean(value),
  );
  return chosen.length > 0 ? Object.fromEntries(chosen) : { pipeline_id: "" };
}

/** Returns an action with a change. Without a pipeline there is no template either. */
export function changedAction(action: Action, change: Partial<Action>): Action {
  const next = { ...action, ...change };
  return compactAction(next.pipeline_id ? next : { ...next, template_id: null });
}

/** Returns the actions that a rule on another subject may have as well. */
export function actionFor(subject: Subject, action: Action): Action {
  return changedAction(action, {
    ...(subject === "run" ? {} : { rerun_failed: null }),
    ...(subject === "logs" ? {} : { cancel_run: false }),
  });
}

/** Says what a rule does when it fires: "starts a workflow, and notifies 2 receivers". */
export function actionWords(action: Action): string {
  const receivers = action.notify?.length ?? 0;
  const words = [
    action.pipeline_id ? "starts a workflow" : "",
    action.analyze ? "starts an analysis" : "",
    receivers > 0 ? `notifies ${receivers === 1 ? "a receiver" : `${receivers} receivers`}` : "",
    action.rerun_failed ? "runs the failed jobs again" : "",
    action.cancel_run ? "cancels the run" : "",
  ].filter(Boolean);
  const last = words.pop() ?? "does nothing";
  return words.length > 0 ? `${words.join(", ")} and ${last}` : last;
}
