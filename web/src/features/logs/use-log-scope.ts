import { useMemo, useState } from "react";
import { serverNow } from "@/lib/api/server-clock";
import { rangeBounds, type TimeRange } from "@/lib/time/time-range";
import type { LogScope } from "./log-queries";

export type ResolvedScope = {
  scope: LogScope;
  /** The moment at which a range such as "last hour" was resolved. */
  asOf: Date;
  start: Date | null;
  end: Date;
  refresh: () => void;
};

/**
 * Resolves the filter and the range to one scope with fixed moments, so that list, chart, counts and export select the
 * same logs. A relative range moves only with `refresh`. While live, the end is open.
 */
export function useLogScope(projectId: string, q: string, range: TimeRange, live: boolean): ResolvedScope {
  const [round, setRound] = useState(0);
  const { range: age, from, to } = range;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a refresh, a new range or filter resolves "now" again.
  return useMemo(() => {
    const asOf = serverNow();
    const { start, end } = rangeBounds({ range: age, from, to }, asOf);
    const scope: LogScope = {
      project_id: projectId,
      q,
      ...(start ? { since: start.toISOString() } : {}),
      ...(live ? {} : { until: end.toISOString() }),
    };
    return { scope, asOf, start, end, refresh: () => setRound((value) => value + 1) };
  }, [projectId, q, age, from, to, live, round]);
}
