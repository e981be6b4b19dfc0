import { shortCommit } from "./comparison/verdict-words";
import type { FlakyTest, HistoryItem, Outcome } from "./test-queries";

/** How an outcome counts: it is good, bad, or says nothing. */
export type Weight = "good" | "bad" | "neutral";

export function weightOf(outcome: string | null): Weight {
  if (outcome === "failed" || outcome === "error" || outcome === "xpassed") return "bad";
  return outcome === "passed" || outcome === "xfailed" ? "good" : "neutral";
}

/** Whether an outcome can be compared with green runs, to see why the test failed. */
export const isFailure = (outcome: string): boolean => outcome === "failed" || outcome === "error";

/** Returns the failure among the outcomes of a test in one run, or else the newest one. */
export function worstOf<T extends { outcome: string }>(items: readonly T[]): T | undefined {
  return items.find(({ outcome }) => isFailure(outcome)) ?? items[0];
}

const ORDER: Record<Weight, number> = { bad: 0, neutral: 1, good: 2 };

/** Orders what failed first, then what says nothing, then what passed; equal ones by name. */
export function byOutcome(
  a: { last_status: string | null; name: string },
  b: { last_status: string | null; name: string },
): number {
  const difference = ORDER[weightOf(a.last_status)] - ORDER[weightOf(b.last_status)];
  return difference || a.name.localeCompare(b.name);
}

/** Splits a pytest id into its test and its file: "tests/test_pay.py::TestCard::test_ok". */
export function splitTestId(id: string): { name: string; file: string } {
  const at = id.indexOf("::");
  return at < 0 ? { name: id, file: "" } : { name: id.slice(at + 2), file: id.slice(0, at) };
}

/** Says what the outcomes of a test, newest first, amount to. */
export function verdictOf(items: readonly HistoryItem[], flakiness: number | null): string {
  const decided = items.filter((item) => weightOf(item.outcome) !== "neutral");
  const weights = decided.map((item) => weightOf(item.outcome));
  const [last] = weights;
  if (!last) return "";
  const same = weights.findIndex((weight) => weight !== last);
  if (same < 0) return last === "bad" ? `failed in all ${weights.length} runs` : "";
  const changedOnce = weights.slice(same).every((weight) => weight !== last);
  if (flakiness !== null && flakiness >= 0.2 && weights.length >= 5 && !changedOnce)
    return `flaky: changed in ${Math.round(flakiness * 100)} % of runs`;
  if (last === "bad") {
    const [bad, good] = [decided[same - 1]?.commit, decided[same]?.commit];
    const commit = bad && good && bad !== good ? `, from ${shortCommit(bad)}` : "";
    return (same === 1 ? "fails since the last run" : `fails since ${same} runs`) + commit;
  }
  return same <= 3 ? `passes again since ${same === 1 ? "the last run" : `${same} runs`}` : "";
}

/** Says how flaky a test is. */
export function flakyWords({ runs, failures, same_commit: sameCommit }: FlakyTest): string {
  const share = `flaky: ${Math.round((failures / runs) * 100)} % of ${runs} runs failed`;
  return sameCommit ? `${share}, also on one commit` : share;
}

export type PatternGroup = { pattern: string; tests: string[] };

/** Groups tests that failed by the pattern of the failure; the largest group comes first. */
export function groupByPattern(
  failed: readonly { test_id: string; failure_pattern: string | null }[],
): PatternGroup[] {
  const groups = new Map<string, PatternGroup>();
  for (const { test_id: test, failure_pattern } of failed) {
    const pattern = failure_pattern ?? "";
    const group = groups.get(pattern) ?? { pattern, tests: [] };
    if (!group.tests.includes(test)) group.tests.push(test);
    groups.set(pattern, group);
  }
  return [...groups.values()].sort((a, b) => b.tests.length - a.tests.length);
}

export const OUTCOME_SIGNS: Record<Outcome, string> = {
  passed: "✓",
  failed: "✕",
  error: "✕",
  skipped: "–",
  xfailed: "✓",
  xpassed: "✕",
};
