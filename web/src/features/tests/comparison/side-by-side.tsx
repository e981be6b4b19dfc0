import { UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useCommands } from "@/lib/page/commands";
import { counted } from "@/lib/text/counted";
import { formatMoment, useZone } from "@/lib/time/time";
import { OutcomeMark } from "../outcome-mark";
import { ComparedCell } from "./compared-line";
import type { ComparedOutcome, TestComparison } from "./comparison-queries";
import { foldRows, type Item, inOneColumn, nextStop, type ShownRow } from "./rows";
import classes from "./side-by-side.module.css";
import { shortCommit } from "./verdict-words";

const ROW_HEIGHT = 20;
const FOLD_HEIGHT = 24;
const NARROW_HEIGHT = 44;

/** The lines of the newest green run beside those of this run; on a narrow screen both in one column. */
export function SideBySide({
  project,
  comparison,
  rows,
  shownLine,
}: {
  project: string;
  comparison: TestComparison;
  rows: readonly ShownRow[];
  /** The line to bring into view when it changes. */
  shownLine: { id: string } | null;
}) {
  const navigate = useNavigate();
  const isNarrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const items = useMemo(() => {
    const folded = foldRows(rows, unfolded);
    return isNarrow ? inOneColumn(folded) : folded;
  }, [rows, unfolded, isNarrow]);
  const scroller = useRef<HTMLDivElement>(null);
  const firstKey = items.find((item) => item.kind === "row" && item.isFirst)?.key;
  const [currentKey, setCurrentKey] = useState(firstKey);
  const current = items.findIndex((item) => item.key === currentKey);
  // A new function makes the virtualizer measure all rows again, so it changes only with the rows.
  const getItemKey = useCallback((index: number) => items[index]?.key ?? index, [items]);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) =>
      items[index]?.kind === "fold" ? FOLD_HEIGHT : isNarrow ? NARROW_HEIGHT : ROW_HEIGHT,
    getItemKey,
    overscan: 20,
  });
  const show = (index: number) => {
    const item = items[index];
    if (!item) return;
    setCurrentKey(item.key);
    virtualizer.scrollToIndex(index, { align: "center" });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list opens at the first difference, and moves when a line is asked for.
  useEffect(() => {
    show(shownLine ? items.findIndex((item) => hasLine(item, shownLine.id)) : current);
  }, [shownLine]);
  const open = (index: number) => {
    const item = items[index];
    const log = item?.kind === "row" ? (item.run ?? item.green)?.line.log_id : undefined;
    if (log) void navigate({ to: "/projects/$project/logs/$log", params: { project, log } });
  };
  const command = (id: string, label: string, key: string, run: () => void) => {
    return { id: `difference-${id}`, label, group: "Tests", keys: [key], run, inPalette: false };
  };
  const move = (step: 1 | -1) => {
    show(nextStop(items, current, step));
    // Otherwise Enter would press the button that was pressed last.
    scroller.current?.focus({ preventScroll: true });
  };
  useCommands([
    command("next", "Next difference", "n", () => move(1)),
    command("previous", "Previous difference", "Shift+n", () => move(-1)),
    command("open", "Show the line of the difference in Logs", "Enter", () => open(current)),
  ]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual list cannot be a <table>.
    <div
      className={classes.table}
      role="table"
      aria-label="Green run and this run, line by line"
      aria-rowcount={items.length}
      data-narrow={isNarrow || undefined}
    >
      <Heads comparison={comparison} rows={rows} />
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      <div
        role="rowgroup"
        ref={scroller}
        className={classes.list}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by key.
        tabIndex={0}
        aria-label="Compared lines"
      >
        <div role="none" style={{ height: virtualizer.getTotalSize(), position: "relative" }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const item = items[index];
            if (!item) return null;
            return (
              // biome-ignore lint/a11y/useSemanticElements: as above.
              // biome-ignore lint/a11y/useFocusableInteractive: the list has one tab stop; keys move.
              <div
                key={item.key}
                data-index={index}
                role="row"
                aria-rowindex={index + 1}
                className={classes.row}
                data-first={(item.kind === "row" && item.isFirst) || undefined}
                data-current={index === current || undefined}
                style={{ transform: `translateY(${start}px)` }}
                ref={isNarrow ? virtualizer.measureElement : undefined}
              >
                {item.kind === "fold" ? (
                  // biome-ignore lint/a11y/useSemanticElements: as above.
                  <div role="cell" className={classes.fold}>
                    <UnstyledButton onClick={() => setUnfolded(new Set([...unfolded, item.key]))}>
                      {counted(item.count, "equal line")}
                    </UnstyledButton>
                  </div>
                ) : (
                  (["green", "run"] as const)
                    .filter((name) => !isNarrow || item[name])
                    .map((name) => (
                      <ComparedCell
                        key={name}
                        row={item}
                        name={name}
                        project={project}
                        isLast={isNarrow || name === "run"}
                      />
                    ))
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function hasLine(item: Item, id: string): boolean {
  return item.kind === "row" && [item.green?.line.log_id, item.run?.line.log_id].includes(id);
}

function Heads({ comparison, rows }: { comparison: TestComparison; rows: readonly ShownRow[] }) {
  const [green] = comparison.greens;
  const count = (name: "green" | "run", tone: string) =>
    rows.filter((row) => row.tone === tone && row[name]).length;
  const [gone, added] = [count("green", "missing"), count("run", "new")];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual list cannot be a <table>.
    // biome-ignore lint/a11y/useFocusableInteractive: the head row is not interactive.
    <div role="row" className={classes.heads}>
      {green ? (
        <Head
          name="Last green"
          outcome={green}
          note={`one of ${counted(comparison.greens.length, "green run")}`}
        >
          {gone > 0 ? `−${counted(gone, "line")}` : ""}
        </Head>
      ) : null}
      <Head name="This run" outcome={comparison.subject} note="">
        {added > 0 ? `+${counted(added, "line")}` : ""}
      </Head>
    </div>
  );
}

function Head({
  name,
  outcome,
  note,
  children,
}: {
  name: string;
  outcome: ComparedOutcome;
  note: string;
  children: string;
}) {
  const [zone] = useZone();
  const facts = [
    `run ${outcome.run_id}`,
    formatMoment(new Date(outcome.at), zone),
    outcome.commit ? `commit ${shortCommit(outcome.commit)}` : "",
    note,
  ];
  const text = facts.filter(Boolean).join(", ");
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual list cannot be a <table>.
    // biome-ignore lint/a11y/useFocusableInteractive: the head row is not interactive.
    <div role="columnheader" className={classes.head}>
      <OutcomeMark outcome={outcome.outcome} sign />
      <b>{name}</b>
      <span className="muted clip grow" title={text}>
        {text}
      </span>
      <span className="muted">{children}</span>
    </div>
  );
}
