import { choiceParam, listParam, textParam } from "@/lib/page/search-params";
import { readRange, type TimeRange } from "@/lib/time/time-range";

export const VIEWS = ["lines", "patterns", "json"] as const;
export type LogsView = (typeof VIEWS)[number];

/** Everything that the log viewer shows, as the address has it. A default is not written. */
export type LogsSearch = TimeRange & {
  q?: string | undefined;
  view?: LogsView | undefined;
  live?: "1" | undefined;
  /** The log whose details are open. */
  open?: string | undefined;
  /** The log around which lines are shown, instead of a search. */
  around?: string | undefined;
  /** Whether these lines are of all services, not only of the log's own. */
  services?: "all" | undefined;
  cols?: string[] | undefined;
  /** Attributes that have a facet of their own. */
  facets?: string[] | undefined;
  collapse?: "1" | undefined;
  /** The Analyze panel: "new", or the id of an analysis. */
  analysis?: string | undefined;
};

export type ChangeSearch = (next: Partial<LogsSearch>, replace?: boolean) => void;

/** Reads the search of the log viewer from an address. What is invalid is left out. */
export function readLogsSearch(search: Record<string, unknown>): LogsSearch {
  const since = textParam(search, "since");
  const range = readRange(
    textParam(search, "range") ?? since,
    textParam(search, "from") ?? since,
    textParam(search, "to") ?? textParam(search, "until"),
  );
  const live = textParam(search, "live") === "1" && !range.to ? "1" : undefined;
  const found: LogsSearch = {
    ...range,
    q: textParam(search, "q"),
    view: choiceParam(search, "view", VIEWS),
    live,
    open: textParam(search, "open"),
    around: textParam(search, "around"),
    services: choiceParam(search, "services", ["all"]),
    cols: listParam(search, "cols"),
    facets: listParam(search, "facets"),
    collapse: textParam(search, "collapse") === "1" ? "1" : undefined,
    analysis: textParam(search, "analysis"),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
