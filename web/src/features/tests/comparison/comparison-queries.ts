import { queryOptions } from "@tanstack/react-query";
import { type Analyzer, analyzer, content } from "@/lib/api/client";

export type TestComparison = Analyzer["schemas"]["TestComparison"];
export type ComparedRow = Analyzer["schemas"]["ComparedRow"];
export type ComparedLine = Analyzer["schemas"]["ComparedLine"];
export type ComparedOutcome = Analyzer["schemas"]["Outcome"];
export type FailureVerdict = Analyzer["schemas"]["FailureVerdict"];
export type Step = Analyzer["schemas"]["Step"];
export type GeneratedChecks = Analyzer["schemas"]["GeneratedChecks"];

/** How a failed test differs from its green runs. The analyzer reads the logs of up to six runs for it. */
export const comparisonOptions = (project: string, test: string, testRun: string) =>
  queryOptions({
    queryKey: ["tests", project, "comparison", test, testRun],
    queryFn: async ({ signal }) =>
      content(
        await analyzer.GET("/api/v1/analyzer/test-comparison", {
          params: { query: { project_id: project, test_id: test, test_run_id: testRun } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });
