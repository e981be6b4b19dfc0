import { isGap, type TailItem } from "@/lib/api/log-tail";
import type { Log } from "../log-queries";

/** What the list shows, oldest first: lines, and places where lines were left out. */
export type Rows = {
  items: readonly TailItem[];
  /** How many lines the row of a line stands for, by its id, where it is more than one. */
  repeats: ReadonlyMap<string, number>;
};

const NO_REPEATS: ReadonlyMap<string, number> = new Map();

/** Replaces what varies, so that repeats of one message compare equal. */
function shape(log: Log): string {
  return `${log.service_id}\n${log.severity}\n${log.message.replace(/\S*\d\S*/g, "#")}`;
}

/** Returns the rows of a list. With `collapse`, a run of lines that repeat one message is one row: its newest line. */
export function toRows(items: readonly TailItem[], collapse: boolean): Rows {
  if (!collapse) return { items, repeats: NO_REPEATS };
  const rows: TailItem[] = [];
  const repeats = new Map<string, number>();
  let lastShape: string | null = null;
  for (const item of items) {
    const itemShape = isGap(item) ? null : shape(item);
    const last = rows.at(-1);
    if (last && itemShape !== null && itemShape === lastShape) {
      repeats.set(item.id, (repeats.get(last.id) ?? 1) + 1);
      repeats.delete(last.id);
      rows[rows.length - 1] = item;
    } else {
      rows.push(item);
    }
    lastShape = itemShape;
  }
  return { items: rows, repeats };
}

/** Splits a message into constant words and parts that vary (they contain a digit). */
export function splitMessage(text: string): { text: string; varies: boolean }[] {
  const parts: { text: string; varies: boolean }[] = [];
  let end = 0;
  for (const match of text.matchAll(/[^\s"'=,;()[\]{}]*\d[^\s"'=,;()[\]{}]*/g)) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index), varies: false });
    parts.push({ text: match[0], varies: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), varies: false });
  return parts;
}

/** Lists the attributes of a log as dotted paths and texts. */
export function flattenAttributes(attributes: Log["attributes"]): [path: string, value: string][] {
  const found: [string, string][] = [];
  const visit = (value: unknown, path: string): void => {
    if (
      value !== null &&
      typeof value === "object" &&
      !Array.isArray(value) &&
      Object.keys(value).length > 0
    ) {
      for (const [key, inner] of Object.entries(value)) visit(inner, path ? `${path}.${key}` : key);
    } else {
      found.push([path, typeof value === "string" ? value : JSON.stringify(value)]);
    }
  };
  if (attributes) visit(attributes, "");
  return found;
}

/** Returns the trace id of a log, whichever common name it has. */
export function traceOf(log: Log): { path: string; value: string } | null {
  const names = ["trace_id", "traceId", "trace.id", "traceID", "otelTraceID"];
  const found = flattenAttributes(log.attributes).find(
    ([path, value]) => names.includes(path) && value !== "",
  );
  return found ? { path: found[0], value: found[1] } : null;
}
