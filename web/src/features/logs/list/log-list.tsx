import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { isGap, type TailItem } from "@/lib/api/log-tail";
import type { Marks } from "@/lib/text/filter-marks";
import { useZone } from "@/lib/time/time";
import type { Log } from "../log-queries";
import { GapRow } from "./gap-row";
import { ListHead } from "./list-head";
import { type LogActions, LogDetails } from "./log-details";
import classes from "./log-list.module.css";
import { LogRow } from "./log-row";
import { toRows, traceOf } from "./rows";
import { useListCommands } from "./use-list-commands";

export type LogListProps = {
  /** Oldest first. */
  items: readonly TailItem[];
  actions: LogActions;
  openId: string | undefined;
  onOpen: (id: string | undefined) => void;
  /** Columns in addition to time, severity, service and message. */
  columns?: readonly string[];
  wrap?: boolean;
  comfortable?: boolean;
  collapse?: boolean;
  json?: boolean;
  /** Numbers of cited lines by log id. */
  citations?: ReadonlyMap<string, number>;
  activeCitation?: string | undefined;
  /** Shown above the first line: "no more before", or what loads earlier lines. */
  start?: ReactNode;
  onReachStart?: (() => void) | undefined;
  /** Where the list opens. At the end it also follows new lines. */
  anchor?: "start" | "end";
  onAtEndChange?: ((atEnd: boolean) => void) | undefined;
  onShowGap?: (from: string, to: string) => void;
  /** What is marked in messages. */
  marks?: Marks;
  /** At the right of the head row. */
  tools?: ReactNode;
  /** The line to bring into view when it changes. */
  scrollToId?: string | undefined;
};

const END_THRESHOLD = 40;
const GAP_HEIGHT = 24;

function indexOf(rows: readonly TailItem[], id: string | undefined): number {
  return id === undefined ? -1 : rows.findIndex((row) => row.id === id);
}

function logOf(row: TailItem | undefined): Log | undefined {
  return row && !isGap(row) ? row : undefined;
}

/** The list of log lines: virtual, with inline details, keys and citations. All pages that show lines use it. */
export function LogList(props: LogListProps) {
  const { items, openId, onOpen, columns = [], wrap = false, comfortable = false, collapse = false } = props;
  const anchor = props.anchor ?? "end";
  const [zone] = useZone();
  const { items: rows, repeats } = useMemo(() => toRows(items, collapse), [items, collapse]);
  const scroller = useRef<HTMLDivElement>(null);
  const [selectedId, setSelectedId] = useState<string | undefined>(openId);
  const [showsJson, setShowsJson] = useState(false);
  const isNarrow = typeof window !== "undefined" && window.matchMedia("(max-width: 48em)").matches;
  const measures = wrap || isNarrow;
  const height = comfortable ? 24 : 20;

  // A new function makes the virtualizer measure all rows again, so it changes only with what their heights depend on.
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above.
  const getItemKey = useCallback((index: number) => rows[index]?.id ?? index, [rows, openId, height]);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => {
      const row = rows[index];
      if (row && isGap(row)) return GAP_HEIGHT;
      return isNarrow ? 45 : height + (row?.id === openId ? 160 : 0);
    },
    getItemKey,
    overscan: 20,
    anchorTo: anchor,
    followOnAppend: anchor === "end",
    scrollEndThreshold: END_THRESHOLD,
    paddingStart: props.start ? 28 : 0,
  });

  const hasRows = rows.length > 0;
  useLayoutEffect(() => {
    if (hasRows && anchor === "end" && !props.scrollToId) virtualizer.scrollToEnd();
  }, [hasRows, anchor, virtualizer, props.scrollToId]);

  const { scrollToId } = props;
  const targetIndex = useMemo(() => indexOf(rows, scrollToId), [rows, scrollToId]);
  useEffect(() => {
    if (targetIndex >= 0) virtualizer.scrollToIndex(targetIndex, { align: "center" });
  }, [targetIndex, virtualizer]);

  const openIndex = useMemo(() => indexOf(rows, openId), [rows, openId]);
  const openLog = logOf(rows[openIndex]);
  const openTrace = openLog ? traceOf(openLog)?.value : undefined;
  const [firstDay, lastDay] = [rows[0], rows.at(-1)].map((row) => logOf(row)?.timestamp.slice(0, 10));
  const showsDay = firstDay !== undefined && lastDay !== undefined && firstDay !== lastDay;

  const handleScroll = () => {
    const element = scroller.current;
    if (!element) return;
    if (element.scrollTop < 400) props.onReachStart?.();
    props.onAtEndChange?.(element.scrollHeight - element.scrollTop - element.clientHeight <= END_THRESHOLD);
  };

  const select = (index: number) => {
    const clamped = Math.max(0, Math.min(rows.length - 1, index));
    const row = rows[clamped];
    if (!row) return;
    setSelectedId(row.id);
    virtualizer.scrollToIndex(clamped, { align: "auto" });
  };
  const selectedIndex = useMemo(() => indexOf(rows, selectedId), [rows, selectedId]);
  const toggle = (id: string | undefined) => id && onOpen(id === openId ? undefined : id);
  const current = () => logOf(rows[selectedIndex]) ?? openLog;
  useListCommands({
    rows,
    selectedIndex,
    select,
    toggle: () => toggle(selectedId),
    close: () => onOpen(undefined),
    current,
    actions: props.actions,
    isOpen: openId !== undefined,
  });

  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual list cannot be a <table>.
    <div
      className={`${classes.table} ${comfortable ? classes.comfortable : ""}`}
      role="table"
      aria-label="Log lines"
      aria-rowcount={rows.length}
    >
      <ListHead columns={columns} showsDay={showsDay} tools={props.tools} />
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      <div
        role="rowgroup"
        ref={scroller}
        className={classes.list}
        onScroll={handleScroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by key.
        tabIndex={0}
        aria-label="Lines"
      >
        <div role="none" style={{ height: virtualizer.getTotalSize(), position: "relative" }}>
          {props.start ? <EdgeRow>{props.start}</EdgeRow> : null}
          {virtualizer.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            const isOpen = row.id === openId;
            return (
              // biome-ignore lint/a11y/useSemanticElements: as above.
              // biome-ignore lint/a11y/useFocusableInteractive: the list has one tab stop; keys move the selection.
              <div
                key={row.id}
                data-index={item.index}
                data-log={row.id}
                role="row"
                aria-rowindex={item.index + 1}
                aria-selected={row.id === selectedId}
                className={classes.item}
                style={{ transform: `translateY(${item.start}px)` }}
                ref={measures || isOpen ? virtualizer.measureElement : undefined}
              >
                {isGap(row) ? (
                  <GapRow gap={row} onShow={props.onShowGap} />
                ) : (
                  <>
                    {/* biome-ignore lint/a11y/useKeyWithClickEvents: Enter opens the selected line. */}
                    {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
                    <div
                      role="cell"
                      onClick={() => {
                        if (window.getSelection()?.toString()) return;
                        setSelectedId(row.id);
                        toggle(row.id);
                      }}
                    >
                      <LogRow
                        log={row}
                        repeats={repeats.get(row.id) ?? 1}
                        zone={zone}
                        wrap={measures}
                        json={props.json ?? false}
                        isSelected={row.id === selectedId}
                        isOpen={isOpen}
                        citation={props.citations?.get(row.id)}
                        isCitationActive={row.id === props.activeCitation}
                        inTrace={openTrace !== undefined && !isOpen && traceOf(row)?.value === openTrace}
                        columns={columns}
                        showsDay={showsDay}
                        {...(props.marks ? { marks: props.marks } : {})}
                      />
                    </div>
                    {isOpen ? (
                      // biome-ignore lint/a11y/useSemanticElements: as above.
                      <div role="cell">
                        <LogDetails
                          log={row}
                          actions={props.actions}
                          showsJson={showsJson}
                          onToggleJson={() => setShowsJson(!showsJson)}
                        />
                      </div>
                    ) : null}
                  </>
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** What stands above the first line. */
function EdgeRow({ children }: { children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: the list is a virtual table.
    // biome-ignore lint/a11y/useFocusableInteractive: the list has one tab stop.
    <div role="row" className={classes.edge}>
      {/* biome-ignore lint/a11y/useSemanticElements: the list is a virtual table. */}
      <span role="cell">{children}</span>
    </div>
  );
}
