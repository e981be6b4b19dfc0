import { choiceParam, textParam } from "@/lib/page/search-params";

export const STATUSES = ["failed", "error", "skipped", "passed", "xfailed", "xpassed"] as const;
export type Status = (typeof STATUSES)[number];
/** What the page of tests shows. */
export type TestsSearch = {
  view?: "failures" | "runs" | undefined;
  /** Part of the name of a test. */
  name?: string | undefined;
  status?: Status | undefined;
  service?: string | undefined;
  /** The test whose lines are shown. */
  test?: string | undefined;
  /** The log with the outcome of the run whose lines are shown; without it, the newest run. */
  run?: string | undefined;
  /** The line whose details are open. */
  open?: string | undefined;
};

export function readTestsSearch(search: Record<string, unknown>): TestsSearch {
  const found: TestsSearch = {
    view: choiceParam(search, "view", ["failures", "runs"]),
    name: textParam(search, "name"),
    status: choiceParam(search, "status", STATUSES),
    service: textParam(search, "service"),
    test: textParam(search, "test"),
    run: textParam(search, "run"),
    open: textParam(search, "open"),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
