import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { itemsOf } from "@/lib/api/paged";
import { type Run, runLogPagesOptions } from "../ci-queries";
import { jobsOf, linesOfAttempt, testsOf } from "./run-output";

const MAX_LINES = 20_000;

/** Reads the whole output of a run, up to a limit, and sorts it into jobs, steps and tests. */
export function useRunOutput(project: string, run: Run) {
  // A new count means that another job was collected.
  const pages = useInfiniteQuery(runLogPagesOptions(project, run.run_id, run.log_count ?? 0));
  const { hasNextPage, isFetchingNextPage, fetchNextPage, error } = pages;
  const { data } = pages;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines follow from the data.
  const lines = useMemo(() => linesOfAttempt(itemsOf(pages), run.attempt ?? 1), [data, run.attempt]);
  const isFull = lines.length >= MAX_LINES;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isFull && !error) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isFull, error, fetchNextPage]);
  const jobs = useMemo(() => jobsOf(run.jobs ?? [], lines), [run.jobs, lines]);
  const tests = useMemo(() => testsOf(lines, run.failed_tests ?? []), [run.failed_tests, lines]);
  return {
    lines,
    jobs,
    tests,
    isLoading: pages.isPending,
    isCut: isFull && hasNextPage,
    error,
    retry: () => void pages.refetch(),
  };
}
