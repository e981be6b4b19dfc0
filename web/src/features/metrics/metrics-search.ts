import { choiceParam, listParam, textParam } from "@/lib/page/search-params";
import { readRange, type TimeRange } from "@/lib/time/time-range";

export const AGGREGATES = ["avg", "min", "max", "sum", "count", "last", "p95"] as const;
export type Aggregate = (typeof AGGREGATES)[number];
export const DEFAULT_AGGREGATE: Aggregate = "avg";

/** What the page of metrics shows: which metrics are drawn, over what time, and how points are summed up. */
export type MetricsSearch = TimeRange & {
  metric?: string[] | undefined;
  aggregate?: Aggregate | undefined;
  service?: string | undefined;
  name?: string | undefined;
};

export function readMetricsSearch(search: Record<string, unknown>): MetricsSearch {
  const found: MetricsSearch = {
    ...readRange(textParam(search, "range"), textParam(search, "from"), textParam(search, "to")),
    metric: listParam(search, "metric"),
    aggregate: choiceParam(search, "aggregate", AGGREGATES),
    service: textParam(search, "service"),
    name: textParam(search, "name"),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
