import type { RuleHistory } from "@/features/ci/rules/rule-queries";
import { gateText } from "./gates";

type Hour = RuleHistory["hours"][number];
export type HourOfLane = { at: string; count: number; detail: string | null };
/** One outcome of a rule, with the hours in which it occurred, oldest first. */
export type Lane = { outcome: string; name: string; total: number; hours: HourOfLane[] };

const NAMES: Record<string, string> = {
  fired: "fired",
  dry_run: "fired, dry run",
  no_match: "the condition did not hold",
};
const FIRST = ["fired", "dry_run"];

/** Sorts the hours of a rule by outcome: firings first, what did not match last, the gates between by their number. */
export function lanesOf(hours: readonly Hour[]): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const { at, counts, latest } of hours) {
    for (const [outcome, count] of Object.entries(counts)) {
      const lane = lanes.get(outcome) ?? {
        outcome,
        name: NAMES[outcome] ?? gateText(outcome),
        total: 0,
        hours: [],
      };
      lane.total += count;
      lane.hours.push({ at, count, detail: latest?.[outcome]?.detail ?? null });
      lanes.set(outcome, lane);
    }
  }
  return [...lanes.values()].sort((a, b) => rank(a) - rank(b) || b.total - a.total);
}

function rank({ outcome }: Lane): number {
  return FIRST.includes(outcome) ? FIRST.indexOf(outcome) : outcome === "no_match" ? 9 : 5;
}
