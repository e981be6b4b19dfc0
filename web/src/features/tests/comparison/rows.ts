import type { ComparedLine, ComparedRow, Step, TestComparison } from "./comparison-queries";

export type SideName = "green" | "run";
/** A line with the time since the line before it in the same run; null for the first one. */
export type Side = { line: ComparedLine; delta: number | null; pill: 1 | 2 | undefined };
/** Whether a row shows what differs: a line that is missing, new, or has other values. */
export type Tone = "quiet" | "missing" | "new" | "value";
export type ShownRow = {
  kind: "row";
  key: string;
  tone: Tone;
  green: Side | null;
  run: Side | null;
  /** Both messages, where their values differ. */
  compared: { green: string; run: string } | null;
  /** What stands in place of a line that one side does not have. */
  gap: string;
  /** Whether both sides say the same, so that one of them is enough. */
  isSame: boolean;
  /** Whether the difference between the runs begins here. */
  isFirst: boolean;
  /** Whether a block of rows that differ begins here. */
  isStop: boolean;
};
export type Fold = { kind: "fold"; key: string; count: number };
export type Item = ShownRow | Fold;

/** Equal lines that stay in sight before and after a difference. */
const CONTEXT = 3;
const MIN_FOLDED = 4;

/** Returns the rows of a comparison, with the marks and times that are shown. */
export function shownRows({ rows, first_difference: first, differences }: TestComparison): ShownRow[] {
  const paired = pairReports(rows);
  const cited = new Set(differences.flatMap((step) => lineIds(step)));
  const firstIndex = first ? indexOfStep(paired, first) : -1;
  const found: ShownRow[] = [];
  let lastGreen: ComparedLine | null = null;
  let lastRun: ComparedLine | null = null;
  for (const [index, row] of paired.entries()) {
    const tone = toneOf(row, cited);
    const isFirst = index === firstIndex;
    found.push({
      kind: "row",
      key: row.run?.log_id ?? row.green?.log_id ?? String(index),
      tone,
      green: side(
        row.green,
        lastGreen,
        row.green && row.green.log_id === first?.expected?.log_id ? 1 : undefined,
      ),
      run: side(row.run, lastRun, row.run && row.run.log_id === first?.instead?.log_id ? 2 : undefined),
      compared:
        tone === "value" && row.green && row.run ? { green: row.green.message, run: row.run.message } : null,
      gap:
        tone === "quiet" || (row.green && row.run)
          ? ""
          : row.mark === "varies"
            ? "not at this place"
            : "no such line",
      isSame: row.mark === "same",
      isFirst,
      isStop: isFirst || (tone !== "quiet" && (found.at(-1)?.tone ?? "quiet") === "quiet"),
    });
    lastGreen = row.green ?? lastGreen;
    lastRun = row.run ?? lastRun;
  }
  return found;
}

function side(line: ComparedLine | null, before: ComparedLine | null, pill: 1 | 2 | undefined): Side | null {
  if (!line) return null;
  const delta = before ? Math.max(0, Date.parse(line.timestamp) - Date.parse(before.timestamp)) / 1000 : null;
  return { line, delta, pill };
}

function lineIds({ expected, instead }: Step): string[] {
  return [expected, instead].flatMap((line) => (line ? [line.log_id] : []));
}

function toneOf(row: ComparedRow, cited: ReadonlySet<string>): Tone {
  if (row.mark === "value" || row.mark === "new" || row.mark === "missing") return row.mark;
  if (row.mark !== "varies") return "quiet";
  if (row.run && cited.has(row.run.log_id)) return "new";
  return row.green && cited.has(row.green.log_id) ? "missing" : "quiet";
}

function indexOfStep(rows: readonly ComparedRow[], step: Step): number {
  const indexOf = (line: ComparedLine | null) =>
    line ? rows.findIndex(({ green, run }) => [green?.log_id, run?.log_id].includes(line.log_id)) : -1;
  const found = [step.expected, step.instead].map(indexOf).filter((index) => index >= 0);
  if (found.length > 0) return Math.min(...found);
  const after = indexOf(step.after);
  return after >= 0 && after + 1 < rows.length ? after + 1 : after;
}

/** Puts the reports of the test runner on both runs side by side where they end a block of other lines. */
function pairReports(rows: readonly ComparedRow[]): ComparedRow[] {
  const result: ComparedRow[] = [];
  let start = 0;
  while (start < rows.length) {
    const middle = endOf(rows, start, ({ run }) => run === null);
    const end = endOf(rows, middle, ({ green }) => green === null);
    const [greens, runs] = [rows.slice(start, middle), rows.slice(middle, end)];
    const count = Math.min(trailingReports(greens), trailingReports(runs));
    result.push(...greens.slice(0, greens.length - count), ...runs.slice(0, runs.length - count));
    for (let index = count; index > 0; index -= 1) {
      const [green, run] = [greens.at(-index)?.green ?? null, runs.at(-index)?.run ?? null];
      result.push({ mark: "report", green, run });
    }
    const both = rows[end];
    if (both?.green && both.run) result.push(both);
    start = both?.green && both.run ? end + 1 : end;
  }
  return result;
}

function endOf(rows: readonly ComparedRow[], start: number, accepts: (row: ComparedRow) => boolean): number {
  let end = start;
  for (let row = rows[end]; row && accepts(row); row = rows[end]) end += 1;
  return end;
}

function trailingReports(rows: readonly ComparedRow[]): number {
  return rows.length - 1 - rows.findLastIndex(({ mark }) => mark !== "report");
}

/** Replaces long runs of equal rows by a fold, except those that are unfolded. Without a difference all rows stay. */
export function foldRows(rows: readonly ShownRow[], unfolded: ReadonlySet<string>): Item[] {
  if (!rows.some(({ isStop }) => isStop)) return [...rows];
  const items: Item[] = [];
  let start = 0;
  while (start < rows.length) {
    let end = start;
    while (end < rows.length && rows[end]?.isSame && !rows[end]?.isFirst) end += 1;
    const from = start === 0 ? 0 : start + CONTEXT;
    const hidden = rows.slice(from, Math.max(from, end === rows.length ? end : end - CONTEXT));
    const key = hidden[0]?.key ?? "";
    if (hidden.length >= MIN_FOLDED && !unfolded.has(key)) {
      items.push(...rows.slice(start, from), { kind: "fold", key, count: hidden.length });
      items.push(...rows.slice(from + hidden.length, end));
    } else items.push(...rows.slice(start, end));
    if (end < rows.length) items.push(...rows.slice(end, end + 1));
    start = end + 1;
  }
  return items;
}

/** Returns the rows for one column: what differs stands on two rows, the green one first. */
export function inOneColumn(items: readonly Item[]): Item[] {
  return items.flatMap((item): Item[] => {
    if (item.kind === "fold" || !item.green || !item.run) return [item];
    if (item.isSame) return [{ ...item, green: null }];
    return [
      { ...item, key: `${item.key} green`, run: null },
      { ...item, isFirst: false, isStop: false, green: null },
    ];
  });
}

/** Returns the index of the next place that differs, from the start again after the last one; -1 if there is none. */
export function nextStop(items: readonly Item[], current: number, step: 1 | -1): number {
  const stops = items.flatMap((item, index) => (item.kind === "row" && item.isStop ? [index] : []));
  const next = step > 0 ? stops.find((index) => index > current) : stops.findLast((index) => index < current);
  return next ?? stops.at(step > 0 ? 0 : -1) ?? -1;
}
