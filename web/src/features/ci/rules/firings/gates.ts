import type { Evaluation } from "@/features/ci/rules/rule-queries";
import { formatCount } from "@/lib/time/time";

const GATES: Record<NonNullable<Evaluation["gate"]>, string> = {
  paused: "rules and dispatches are paused",
  cooldown: "quiet after it fired",
  budget_hour: "budget of this hour is used",
  budget_day: "budget of the day is used",
  max_hops: "the chain is long enough",
  own_run: "the line came from its own run",
  duplicate: "started for the same line before",
  payload: "the payload cannot be made",
  no_pipeline: "its pipeline was deleted",
  no_rule: "the rule was deleted",
};

/** What kept a rule from firing, in words. */
export function gateText(gate: string): string {
  return (GATES as Record<string, string>)[gate] ?? gate;
}

/** "once", "12 times". */
export function times(count: number): string {
  return count === 1 ? "once" : `${formatCount(count)} times`;
}
