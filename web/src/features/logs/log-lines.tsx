import { type ReactNode, useMemo, useState } from "react";
import { SkeletonRows } from "@/components/page/skeleton";
import type { LogTail, TailItem } from "@/lib/api/log-tail";
import { useStoredChoice } from "@/lib/page/storage";
import { marksOf } from "@/lib/text/filter-marks";
import { addTerm, fieldTerm } from "@/lib/text/filter-text";
import { formatMoment, useZone } from "@/lib/time/time";
import { useLineEditing } from "./edit/use-line-editing";
import { EmptyResult } from "./empty-result";
import { LogList } from "./list/log-list";
import { LiveBar, NewLines } from "./live/live-bar";
import { useArrivedLines, useNewLines, useTailSnapshot } from "./live/use-live-tail";
import type { Log } from "./log-queries";
import type { ChangeSearch, LogsSearch } from "./logs-search";
import type { ResolvedScope } from "./use-log-scope";
import { ViewTools } from "./view-tools";

type LogLinesProps = {
  project: string;
  search: LogsSearch;
  onChange: ChangeSearch;
  onFilter: (filter: string) => void;
  resolved: ResolvedScope;
  /** Lines that were searched, oldest first. */
  stored: readonly Log[];
  isLive: boolean;
  /** The live tail, whose lines follow the stored ones. Null while it starts. */
  tail: LogTail | null;
  isLoading: boolean;
  hasMore: boolean;
  isLoadingMore: boolean;
  onLoadMore: () => void;
  citations?: ReadonlyMap<string, number>;
  activeCitation?: string | undefined;
  onAnalyze?: ((log: Log) => void) | undefined;
  extra?: ((log: Log) => ReactNode) | undefined;
};

const MAX_LOADED = 100_000;

/** Joins stored and live lines. Only the oldest ones are left out, or the list would not follow the newest. */
function newestOf(stored: readonly Log[], arrived: readonly TailItem[]): readonly TailItem[] {
  const kept = MAX_LOADED - arrived.length;
  return kept > 0 ? [...stored.slice(-kept), ...arrived] : arrived;
}

/** The lines of the viewer: list, live bar, view switches and what a line offers. */
export function LogLines(props: LogLinesProps) {
  const { project, search, onChange, onFilter, resolved, stored } = props;
  const snapshot = useTailSnapshot(props.tail);
  const live = props.isLive ? snapshot : null;
  const [zone] = useZone();
  const [wrap] = useStoredChoice("wrap", ["off", "on"]);
  const [density] = useStoredChoice("density", ["compact", "comfortable"]);
  const [atEnd, setAtEnd] = useState(true);
  const [resumed, setResumed] = useState(0);
  const newLines = useNewLines(live?.received ?? 0, atEnd);
  const editing = useLineEditing(project);
  const q = search.q ?? "";
  const arrived = useArrivedLines(live?.items, resolved, stored);
  const items = useMemo<readonly TailItem[]>(
    () => (arrived.length > 0 ? newestOf(stored, arrived) : stored),
    [stored, arrived],
  );
  const columns = useMemo(() => search.cols ?? [], [search.cols]);
  const marks = useMemo(() => marksOf(q), [q]);
  const toggleColumn = (column: string) => {
    const next = columns.includes(column) ? columns.filter((name) => name !== column) : [...columns, column];
    onChange({ cols: next.length > 0 ? next : undefined });
  };
  const tools = useMemo(
    () => <ViewTools search={search} onChange={onChange} resolved={resolved} />,
    [search, onChange, resolved],
  );
  const linkOf = (log: Log) => `${location.origin}/projects/${project}/logs/${log.id}`;
  if (props.isLoading && items.length === 0) return <SkeletonRows rows={24} label="Searching" />;
  if (items.length === 0 && !live) {
    return (
      <EmptyResult
        resolved={resolved}
        onFilter={onFilter}
        onRange={(range) => onChange({ range: range.range, from: range.from, to: range.to })}
      />
    );
  }
  const isFull = items.length >= MAX_LOADED;
  const loadedAll = isFull || !props.hasMore;
  return (
    <>
      {live ? <LiveBar live={live} atEnd={atEnd} /> : null}
      <LogList
        key={`${q}\n${resumed}`}
        items={items}
        openId={search.open}
        onOpen={(id) => onChange({ open: id }, id !== undefined && search.open !== undefined)}
        columns={columns}
        wrap={wrap === "on"}
        comfortable={density === "comfortable"}
        collapse={search.collapse === "1"}
        json={search.view === "json"}
        citations={props.citations}
        activeCitation={props.activeCitation}
        scrollToId={props.activeCitation}
        marks={marks}
        tools={tools}
        start={
          props.isLoadingMore
            ? "Loading earlier lines…"
            : !loadedAll
              ? "Scroll up for earlier lines"
              : isFull
                ? "100,000 lines are loaded; narrow the range to see earlier ones"
                : `No more lines before${resolved.start ? ` ${formatMoment(resolved.start, zone)}` : ""}`
        }
        onReachStart={!loadedAll && !props.isLoadingMore ? props.onLoadMore : undefined}
        onAtEndChange={setAtEnd}
        onShowGap={(from, to) =>
          onChange({
            from,
            to: new Date(Date.parse(to) + 1000).toISOString(),
            live: undefined,
            range: undefined,
          })
        }
        actions={{
          onInclude: (field, value) => onFilter(addTerm(q, fieldTerm(field, value))),
          onExclude: (field, value) => onFilter(addTerm(q, fieldTerm(field, value, true))),
          onToggleColumn: toggleColumn,
          onTrace: (path, value) => onFilter(fieldTerm(`attributes.${path}`, value)),
          onContext: (log) => onChange({ around: log.id, open: log.id }),
          linkOf,
          ...(props.onAnalyze ? { onAnalyze: props.onAnalyze } : {}),
          ...(props.extra ? { extra: props.extra } : {}),
          ...editing.actions,
        }}
      />
      {live && newLines > 0 ? <NewLines count={newLines} onResume={() => setResumed(resumed + 1)} /> : null}
      {editing.dialogs}
    </>
  );
}
