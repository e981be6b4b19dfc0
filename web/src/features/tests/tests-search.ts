import { choiceParam, textParam } from "@/lib/page/search-params";

export const STATUSES = ["failed", "error", "skipped", "passed", "xfailed", "xpassed"] as const;
export type Status = (typeof STATUSES)[number];
/** What the page of tests shows. */
export type TestsSearch = {
  view?: "groups" | "runs" | "quarantine" | undefined;
  /** Part of the name of a test. */
  name?: string | undefined;
  status?: Status | undefined;
  service?: string | undefined;
  /** The test whose lines are shown. */
  test?: string | undefined;
  /** The log with the outcome that is shown of the test; without it, the outcome in `in`, or else the newest one. */
  run?: string | undefined;
  /** The test run whose failures are grouped. */
  in?: string | undefined;
  /** Shows the lines of the test also where they can be compared with a green run. */
  show?: "lines" | undefined;
  /** The line whose details are open. */
  open?: string | undefined;
};

export function readTestsSearch(search: Record<string, unknown>): TestsSearch {
  const found: TestsSearch = {
    view: choiceParam(search, "view", ["groups", "runs", "quarantine"]),
    name: textParam(search, "name"),
    status: choiceParam(search, "status", STATUSES),
    service: textParam(search, "service"),
    test: textParam(search, "test"),
    run: textParam(search, "run"),
    in: textParam(search, "in"),
    show: choiceParam(search, "show", ["lines"]),
    open: textParam(search, "open"),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
