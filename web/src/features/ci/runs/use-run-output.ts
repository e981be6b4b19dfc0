import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { itemsOf } from "@/lib/api/paged";
import { recoveryInterval } from "@/lib/api/query-client";
import { serverNow } from "@/lib/api/server-clock";
import { isLive, type Log, liveLinesOptions, type Run, runLogPagesOptions } from "../ci-queries";
import { emulationOptions } from "../emulations/emulation-queries";
import { jobsOf, linesOfAttempt, testsOf, withoutFindings } from "./run-output";

const MAX_LINES = 20_000;
const STORING_MS = 60_000;
const AGAIN_MS = 1000;
const NONE: readonly Log[] = [];

/** Reads the whole output of a run, up to a limit, and sorts it into jobs, steps and tests. */
export function useRunOutput(project: string, run: Run) {
  const live = isLive(run);
  const printed = useQuery({ ...liveLinesOptions(project, run.run_id), enabled: live });
  const count = run.log_count ?? 0;
  // A new count means that another job was collected.
  const pages = useInfiniteQuery({
    ...runLogPagesOptions(project, run.run_id, count),
    enabled: !live,
    // What was collected a moment ago may still be on its way to the store.
    refetchInterval: ({ state }) => {
      const read = state.data?.pages.reduce((sum, page) => sum + page.items.length, 0) ?? 0;
      const isOver = !run.updated_at || serverNow().getTime() - Date.parse(run.updated_at) > STORING_MS;
      if (state.error || isOver || read >= Math.min(count, MAX_LINES)) return recoveryInterval(state.error);
      return AGAIN_MS;
    },
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage, error } = pages;
  const { data } = pages;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines follow from the data.
  const stored = useMemo(() => linesOfAttempt(itemsOf(pages), run.attempt ?? 1), [data, run.attempt]);
  const before = printed.data?.lines ?? NONE;
  const printedLines = stored.length >= before.length ? stored : before;
  const emulation = useQuery({ ...emulationOptions(project, run.run_id), enabled: run.emulated === true });
  // The notice above shows them. Emulations are kept for a shorter time than runs; then only the output has them.
  const hidesFindings = run.emulated === true && (emulation.data !== undefined || emulation.isPending);
  const { jobs: recorded, lines } = useMemo(() => {
    const all = { jobs: run.jobs ?? [], lines: printedLines };
    return hidesFindings ? withoutFindings(all.jobs, all.lines) : all;
  }, [hidesFindings, run.jobs, printedLines]);
  const isFull = stored.length >= MAX_LINES;
  useEffect(() => {
    if (!live && hasNextPage && !isFetchingNextPage && !isFull && !error) void fetchNextPage();
  }, [live, hasNextPage, isFetchingNextPage, isFull, error, fetchNextPage]);
  const jobs = useMemo(() => jobsOf(recorded, lines), [recorded, lines]);
  const tests = useMemo(() => testsOf(lines, run.failed_tests ?? []), [run.failed_tests, lines]);
  return {
    lines,
    jobs,
    tests,
    isLive: live,
    isLoading: live ? printed.isPending : pages.isPending,
    isCut: isFull && hasNextPage,
    error: live ? printed.error : error,
    retry: () => void (live ? printed.refetch() : pages.refetch()),
  };
}
