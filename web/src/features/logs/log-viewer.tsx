import { Button } from "@mantine/core";
import { IconFilter, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useMemo, useRef, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { TimeRangePicker } from "@/components/time-range-picker";
import { asProblem } from "@/lib/api/problem";
import { useCommands } from "@/lib/page/commands";
import { useStoredChoice } from "@/lib/page/storage";
import type { AnalyzeSlot } from "./analyze-slot";
import { FacetPanel } from "./facets/facet-panel";
import { FilterBox } from "./filter/filter-box";
import { useDiscardStored, useLiveTail } from "./live/use-live-tail";
import { LogContext } from "./log-context";
import { LogLines } from "./log-lines";
import { histogramOptions, type Log, type LogPage, logPagesOptions, savedViewsOptions } from "./log-queries";
import classes from "./log-viewer.module.css";
import type { ChangeSearch, LogsSearch } from "./logs-search";
import { rangeMoves } from "./range-moves";
import { SavedViewsMenu } from "./saved-views/saved-views-menu";
import { useAnalyzePanel } from "./use-analyze-panel";
import { useLogScope } from "./use-log-scope";
import { ViewTools } from "./view-tools";
import { ViewerFooter } from "./viewer-footer";

const PatternTable = lazy(async () => ({ default: (await import("./patterns/pattern-table")).PatternTable }));
// It loads once the lines are there, so that its code does not delay them.
const LogHistogram = lazy(async () => ({ default: (await import("./chart/log-histogram")).LogHistogram }));

type LogViewerProps = {
  project: string;
  search: LogsSearch;
  onChange: ChangeSearch;
  /** The Analyze panel, which the app puts in. */
  analyze?: AnalyzeSlot | undefined;
  /** What other features offer on an open line. */
  lineActions?: ((log: Log) => ReactNode) | undefined;
};

const NO_FACETS: readonly string[] = [];

/** Keeps the last value that was there, so that a failed request leaves the old result on the screen. */
function useLast<T>(value: T | undefined): T | undefined {
  const last = useRef(value);
  if (value !== undefined) last.current = value;
  return value ?? last.current;
}

/** Filter, chart, counts and lines of one scope. */
export function LogViewer({ project, search, onChange, analyze: slot, lineActions }: LogViewerProps) {
  const q = search.q ?? "";
  const isLive = search.live === "1";
  const view = search.view ?? "lines";
  const resolved = useLogScope(project, q, search, isLive);
  const { scope } = resolved;
  const pages = useInfiniteQuery(logPagesOptions(scope));
  const histogram = useQuery(histogramOptions(scope));
  const saved = useQuery(savedViewsOptions(project));
  const tail = useLiveTail(project, q, isLive);
  const [facetsShown, setFacetsShown] = useStoredChoice("facets", ["shown", "hidden"]);
  const [sheetOpened, setSheetOpened] = useState(false);
  const loaded = useLast(pages.data);
  const stored = useMemo(
    () => loaded?.pages.flatMap((page: LogPage) => page.items).reverse() ?? [],
    [loaded],
  );
  const chart = useLast(histogram.data);
  const problem = pages.error ? asProblem(pages.error) : null;
  const filterProblem = problem?.violations.some(({ field }) => field === "q") ? problem : null;

  const analyze = useAnalyzePanel({
    slot,
    project,
    search,
    onChange,
    resolved,
    loaded: stored,
    firstLine: chart?.items[0]?.start,
  });

  useDiscardStored(tail, stored, pages.hasNextPage && !pages.isPlaceholderData);
  const { zoom, zoomOut, shift } = rangeMoves(resolved, onChange);
  const toggleLive = () =>
    onChange(
      isLive ? { live: undefined } : { live: "1", to: undefined, from: undefined, range: search.range },
    );
  const filter = (next: string) => onChange({ q: next || undefined, open: undefined });

  useCommands([
    {
      id: "live",
      label: isLive ? "Stop the live tail" : "Follow live",
      group: "Logs",
      keys: ["l"],
      run: toggleLive,
    },
    { id: "refresh", label: "Search again up to now", group: "Logs", keys: ["r"], run: resolved.refresh },
    { id: "earlier", label: "Earlier range", group: "Logs", keys: ["["], run: () => shift(-1) },
    { id: "later", label: "Later range", group: "Logs", keys: ["]"], run: () => shift(1) },
    { id: "zoom-out", label: "Zoom out", group: "Logs", keys: ["z"], run: zoomOut },
    {
      id: "facets",
      label: "Show or hide the counts",
      group: "Logs",
      keys: ["f"],
      run: () => setFacetsShown(facetsShown === "shown" ? "hidden" : "shown"),
    },
    {
      id: "patterns",
      label: view === "patterns" ? "Show lines" : "Show patterns",
      group: "Logs",
      keys: ["p"],
      run: () => onChange({ view: view === "patterns" ? undefined : "patterns" }),
    },
  ]);

  return (
    <>
      <h1 className="visually-hidden">Logs of {project}</h1>
      <div className={classes.filter}>
        <FilterBox
          value={q}
          onChange={filter}
          scope={scope}
          saved={saved.data ?? []}
          problem={filterProblem}
        />
        <TimeRangePicker value={search} onChange={zoom} />
        <SavedViewsMenu project={project} search={search} views={saved.data ?? []} onOpen={onChange} />
        <Button
          h={32}
          className={classes.narrowOnly}
          aria-expanded={sheetOpened}
          leftSection={<IconFilter size={16} aria-hidden />}
          onClick={() => setSheetOpened(!sheetOpened)}
        >
          Counts
        </Button>
        <Button
          h={32}
          aria-pressed={isLive}
          leftSection={
            isLive ? <IconPlayerStop size={16} aria-hidden /> : <IconPlayerPlay size={16} aria-hidden />
          }
          rightSection={<kbd>L</kbd>}
          onClick={toggleLive}
        >
          {isLive ? "Stop" : "Live"}
        </Button>
        {analyze.button}
      </div>
      {problem && !filterProblem ? (
        <ProblemNotice error={problem} onRetry={() => void pages.refetch()} />
      ) : null}
      <div className={classes.work}>
        {facetsShown === "shown" || sheetOpened ? (
          <aside className={classes.side} data-open={sheetOpened || undefined} aria-label="Counts by field">
            <FacetPanel
              scope={scope}
              onFilter={filter}
              enabled={filterProblem === null}
              silent={problem !== null}
              attributes={search.facets ?? NO_FACETS}
              onAttributes={(facets) => onChange({ facets: facets.length > 0 ? facets : undefined })}
            />
          </aside>
        ) : null}
        {search.around ? (
          <div className={classes.main}>
            <LogContext
              id={search.around}
              search={search}
              onChange={onChange}
              citations={analyze.citations}
              embedded
            />
          </div>
        ) : (
          <div className={classes.main}>
            <Suspense fallback={<div className={classes.chartSpace} />}>
              {chart && !pages.isPending ? (
                <LogHistogram
                  histogram={chart}
                  span={chartSpan(resolved.start, resolved.end, chart.items[0]?.start)}
                  onZoom={(from, to) => zoom({ from: from.toISOString(), to: to.toISOString() })}
                  onZoomOut={zoomOut}
                />
              ) : (
                <div className={classes.chartSpace} />
              )}
            </Suspense>
            {view === "patterns" ? (
              <Suspense fallback={<SkeletonRows rows={24} />}>
                <PatternTable
                  scope={scope}
                  tools={<ViewTools search={search} onChange={onChange} resolved={resolved} />}
                  onFilter={filter}
                  onShowLines={(next) => onChange({ q: next, view: undefined })}
                />
              </Suspense>
            ) : (
              <LogLines
                project={project}
                search={search}
                onChange={onChange}
                onFilter={filter}
                resolved={resolved}
                stored={stored}
                isLive={isLive}
                tail={tail}
                isLoading={pages.isPending || (pages.isPlaceholderData && pages.isFetching)}
                hasMore={pages.hasNextPage}
                isLoadingMore={pages.isFetchingNextPage}
                onLoadMore={() => void pages.fetchNextPage({ cancelRefetch: false })}
                citations={analyze.citations}
                activeCitation={analyze.activeLine}
                onAnalyze={analyze.onAnalyzeLine}
                extra={lineActions}
              />
            )}
          </div>
        )}
        {analyze.panel}
      </div>
      <ViewerFooter
        chart={chart}
        first={pages.data?.pages[0]}
        resolved={resolved}
        tail={tail}
        isLive={isLive}
      />
    </>
  );
}

function chartSpan(start: Date | null, end: Date, firstBucket: string | undefined): [number, number] {
  const from = start?.getTime() ?? (firstBucket ? Date.parse(firstBucket) : end.getTime() - 3_600_000);
  return [from / 1000, end.getTime() / 1000];
}
