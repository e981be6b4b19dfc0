import { queryOptions } from "@tanstack/react-query";
import { content, type Query, query } from "@/lib/api/client";
import { MAX_PAGE, pagedOptions } from "@/lib/api/paged";
import { fieldTerm } from "@/lib/text/filter-text";
import type { Status } from "./tests-search";

export type Test = Query["schemas"]["Test"];
export type TestChanges = Query["schemas"]["TestChanges"];
export type NewTest = Query["schemas"]["NewTest"];
export type TestRun = Query["schemas"]["TestRun"];
export type HistoryItem = Query["schemas"]["TestHistoryItem"];
export type FlakyTest = Query["schemas"]["FlakyTest"];
export type Outcome = HistoryItem["outcome"];
export type History = Query["schemas"]["TestHistory"];
/** What is known of the outcome that is shown. */
export type ShownOutcome = { log_id: string; outcome: string; at: string; duration_s: number | null };

export const HISTORY_LENGTH = 20;
const LINES = 500;
const RUNS = 50;

export const testPagesOptions = (project: string, service: string | undefined, status: Status | undefined) =>
  pagedOptions<Test>(["tests", project, "list", service ?? null, status ?? null], async (cursor, signal) =>
    content(
      await query.GET("/api/v1/tests", {
        params: {
          query: { project_id: project, service_id: service, last_status: status, limit: MAX_PAGE, cursor },
        },
        signal,
      }),
    ),
  );

/** The tests whose failures are tolerated now. */
export const quarantinedPagesOptions = (project: string) =>
  pagedOptions<Test>(["tests", project, "quarantined"], async (cursor, signal) =>
    content(
      await query.GET("/api/v1/tests", {
        params: { query: { project_id: project, quarantined: true, limit: MAX_PAGE, cursor } },
        signal,
      }),
    ),
  );

/** Tests that passed and failed although nothing changed, in the last two weeks. */
export const flakyOptions = (project: string) =>
  queryOptions({
    queryKey: ["tests", project, "flaky"],
    queryFn: async ({ signal }) =>
      content(await query.GET("/api/v1/flaky-tests", { params: { query: { project_id: project } }, signal }))
        .items,
    staleTime: 60_000,
  });

export const testOptions = (project: string, id: string) =>
  queryOptions({
    queryKey: ["tests", project, "one", id],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/tests/{test_id}", {
          params: { path: { test_id: id }, query: { project_id: project } },
          signal,
        }),
      ),
  });

/** The newest outcomes of a test, and how flaky it is. */
export const historyOptions = (project: string, id: string) =>
  queryOptions({
    queryKey: ["tests", project, "history", id],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/test-history", {
          params: { query: { project_id: project, test_id: id, limit: HISTORY_LENGTH } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });

export const runPagesOptions = (project: string) =>
  pagedOptions<TestRun>(["tests", project, "runs"], async (cursor, signal) =>
    content(
      await query.GET("/api/v1/test-runs", {
        params: { query: { project_id: project, limit: RUNS, cursor } },
        signal,
      }),
    ),
  );

/** The lines that a test wrote around an outcome, newest first; without an outcome, its newest lines. */
export const testLinesOptions = (project: string, id: string, item: ShownOutcome | undefined) =>
  queryOptions({
    queryKey: ["tests", project, "lines", id, item?.log_id ?? null],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/logs", {
          params: {
            query: {
              project_id: project,
              q: fieldTerm("test_id", id),
              ...(item ? linesAround(item) : {}),
              limit: LINES,
              order: "desc",
            },
          },
          signal,
        }),
      ),
  });

const BEFORE_MS = 5000;
const AFTER_MS = 5000;

/** Returns the time in which a test wrote the lines of one outcome, with some seconds to spare. */
export function linesAround({ at, duration_s: duration }: Pick<ShownOutcome, "at" | "duration_s">): {
  since: string;
  until: string;
} {
  const end = Date.parse(at);
  return {
    since: new Date(end - (duration ?? 60) * 1000 - BEFORE_MS).toISOString(),
    until: new Date(end + AFTER_MS).toISOString(),
  };
}

export async function createTest(body: NewTest) {
  return content(await query.POST("/api/v1/tests", { body }));
}

export async function updateTest(project: string, id: string, body: TestChanges) {
  const params = { path: { test_id: id }, query: { project_id: project } };
  return content(await query.PATCH("/api/v1/tests/{test_id}", { params, body }));
}

export async function deleteTest(project: string, id: string) {
  const params = { path: { test_id: id }, query: { project_id: project } };
  await query.DELETE("/api/v1/tests/{test_id}", { params });
}
