import { queryOptions } from "@tanstack/react-query";
import { type Analyzer, analyzer, content, type Query, query } from "@/lib/api/client";
import { MAX_PAGE } from "@/lib/api/paged";

export type RunFailures = Analyzer["schemas"]["RunFailures"];
export type FailureGroup = Analyzer["schemas"]["FailureGroup"];
type RunOutcome = Query["schemas"]["TestRunOutcome"];

const RUNS = 50;

/** The newest runs in which a test failed. */
export const failedRunsOptions = (project: string) =>
  queryOptions({
    queryKey: ["tests", project, "failed-runs"],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/test-runs", {
          params: { query: { project_id: project, failed: true, limit: RUNS } },
          signal,
        }),
      ).items,
  });

/** The failures of a run by what went wrong first. The analyzer compares up to 40 tests for it. */
export const runFailuresOptions = (project: string, run: string) =>
  queryOptions({
    queryKey: ["tests", project, "groups", run],
    queryFn: async ({ signal }) =>
      content(
        await analyzer.GET("/api/v1/analyzer/test-runs/{test_run_id}/failures", {
          params: { path: { test_run_id: run }, query: { project_id: project } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });

/** The tests that failed in a run, as the run itself reported them. */
export const failedOutcomesOptions = (project: string, run: string) =>
  queryOptions({
    queryKey: ["tests", project, "failed-outcomes", run],
    queryFn: async ({ signal }): Promise<RunOutcome[]> => {
      const read = async (outcome: "failed" | "error") =>
        content(
          await query.GET("/api/v1/test-runs/{run_id}", {
            params: { path: { run_id: run }, query: { outcome, limit: MAX_PAGE } },
            signal,
          }),
        ).outcomes.items;
      const [failed, broken] = await Promise.all([read("failed"), read("error")]);
      return [...failed, ...broken];
    },
  });
