import { ActionIcon, Menu, SegmentedControl } from "@mantine/core";
import {
  IconBaselineDensitySmall,
  IconDownload,
  IconFold,
  IconLink,
  IconTextWrap,
} from "@tabler/icons-react";
import { type ReactNode, useMemo, useState } from "react";
import { SkeletonRows } from "@/components/skeleton";
import { pathWith } from "@/lib/api-requests";
import { copyText } from "@/lib/clipboard";
import { useCommands } from "@/lib/commands";
import { addTerm, fieldTerm } from "@/lib/filter-text";
import type { TailItem, TailSnapshot } from "@/lib/log-tail";
import { useStoredChoice } from "@/lib/storage";
import { formatMoment, useZone } from "@/lib/time";
import { useLineEditing } from "./edit/use-line-editing";
import { EmptyResult } from "./empty-result";
import { LogList } from "./list/log-list";
import { LiveBar, NewLines } from "./live/live-bar";
import { useNewLines } from "./live/use-live-tail";
import type { Log } from "./log-queries";
import type { ChangeSearch } from "./log-viewer";
import classes from "./log-viewer.module.css";
import type { LogsSearch, LogsView } from "./logs-search";
import type { ResolvedScope } from "./use-log-scope";

type LogLinesProps = {
  project: string;
  search: LogsSearch;
  onChange: ChangeSearch;
  onFilter: (filter: string) => void;
  resolved: ResolvedScope;
  /** Lines that were searched, oldest first. */
  stored: readonly Log[];
  /** The live tail, whose lines follow the stored ones. */
  live: TailSnapshot | null;
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
const EXPORTS = ["ndjson", "csv", "parquet", "arrow"] as const;

/** The lines of the viewer: list, live bar, view switches and what a line offers. */
export function LogLines(props: LogLinesProps) {
  const { project, search, onChange, onFilter, resolved, stored, live } = props;
  const [zone] = useZone();
  const [wrap, setWrap] = useStoredChoice("wrap", ["off", "on"]);
  const [density, setDensity] = useStoredChoice("density", ["compact", "comfortable"]);
  const [atEnd, setAtEnd] = useState(true);
  const [resumed, setResumed] = useState(0);
  const newLines = useNewLines(live?.received ?? 0, atEnd);
  const editing = useLineEditing(project);
  const q = search.q ?? "";
  const items = useMemo<readonly TailItem[]>(
    () => (live ? [...stored, ...live.items] : stored),
    [stored, live],
  );
  const columns = useMemo(() => search.cols ?? [], [search.cols]);
  const toggleColumn = (column: string) => {
    const next = columns.includes(column) ? columns.filter((name) => name !== column) : [...columns, column];
    onChange({ cols: next.length > 0 ? next : undefined });
  };
  const linkOf = (log: Log) => `${location.origin}/projects/${project}/logs/${log.id}`;
  const toggleWrap = () => setWrap(wrap === "on" ? "off" : "on");
  useCommands([
    { id: "wrap", label: "Wrap long lines", group: "Logs", keys: ["w"], run: toggleWrap },
    {
      id: "share",
      label: "Copy a link to this view",
      group: "Logs",
      keys: [],
      run: () => void copyText(shareLink(search, resolved)),
    },
  ]);
  const tools = (
    <ListTools
      view={search.view ?? "lines"}
      onView={(view) => onChange({ view: view === "lines" ? undefined : view })}
      wrap={wrap === "on"}
      onWrap={toggleWrap}
      comfortable={density === "comfortable"}
      onDensity={() => setDensity(density === "comfortable" ? "compact" : "comfortable")}
      collapse={search.collapse === "1"}
      onCollapse={() => onChange({ collapse: search.collapse ? undefined : "1" })}
      exportPath={(format) => pathWith("/api/v1/logs/export", { ...resolved.scope, format })}
      onShare={() => void copyText(shareLink(search, resolved))}
    />
  );
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
  const loadedAll = !props.hasMore || stored.length >= MAX_LOADED;
  return (
    <>
      {live ? <LiveBar live={live} atEnd={atEnd} /> : null}
      <LogList
        key={`${q}\n${resumed}`}
        items={items}
        openId={search.open}
        onOpen={(id) => onChange({ open: id }, true)}
        columns={columns}
        wrap={wrap === "on"}
        comfortable={density === "comfortable"}
        collapse={search.collapse === "1"}
        json={search.view === "json"}
        citations={props.citations}
        activeCitation={props.activeCitation}
        scrollToId={props.activeCitation}
        tools={tools}
        start={
          props.isLoadingMore
            ? "Loading earlier lines…"
            : !loadedAll
              ? "Scroll up for earlier lines"
              : stored.length >= MAX_LOADED
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

/** Returns a link that shows the same lines tomorrow: a relative range becomes two moments. */
function shareLink(search: LogsSearch, resolved: ResolvedScope): string {
  const url = new URL(location.href);
  if (!search.from && !search.to && resolved.start) {
    url.searchParams.delete("range");
    url.searchParams.set("from", resolved.start.toISOString());
    url.searchParams.set("to", resolved.end.toISOString());
  }
  return url.toString();
}

type ListToolsProps = {
  view: LogsView;
  onView: (view: LogsView) => void;
  wrap: boolean;
  onWrap: () => void;
  comfortable: boolean;
  onDensity: () => void;
  collapse: boolean;
  onCollapse: () => void;
  exportPath: (format: string) => string;
  onShare: () => void;
};

function ListTools(props: ListToolsProps) {
  return (
    <span className={classes.tools}>
      <SegmentedControl
        aria-label="View"
        data={[
          { value: "lines", label: "Lines" },
          { value: "patterns", label: "Patterns" },
          { value: "json", label: "JSON" },
        ]}
        value={props.view}
        onChange={(view) => props.onView(view as LogsView)}
      />
      <ActionIcon
        size={24}
        aria-label="Wrap long lines"
        title="Wrap long lines (W)"
        aria-pressed={props.wrap}
        onClick={props.onWrap}
      >
        <IconTextWrap size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        size={24}
        aria-label="Higher rows"
        title="Higher rows"
        aria-pressed={props.comfortable}
        onClick={props.onDensity}
      >
        <IconBaselineDensitySmall size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        size={24}
        aria-label="Collapse repeats"
        title="Collapse repeats"
        aria-pressed={props.collapse}
        onClick={props.onCollapse}
      >
        <IconFold size={16} aria-hidden />
      </ActionIcon>
      <Menu>
        <Menu.Target>
          <ActionIcon size={24} aria-label="Export" title="Export">
            <IconDownload size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Export all matching lines as</Menu.Label>
          {EXPORTS.map((format) => (
            <Menu.Item key={format} component="a" href={props.exportPath(format)} download>
              {format === "ndjson"
                ? "NDJSON"
                : format === "csv"
                  ? "CSV"
                  : format === "parquet"
                    ? "Parquet"
                    : "Arrow"}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <ActionIcon
        size={24}
        aria-label="Copy a link to this view"
        title="Copy a link to this view"
        onClick={props.onShare}
      >
        <IconLink size={16} aria-hidden />
      </ActionIcon>
    </span>
  );
}
