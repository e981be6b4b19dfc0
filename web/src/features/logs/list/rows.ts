import type { Gap, TailItem } from "@/lib/api/log-tail";
import { isGap } from "@/lib/api/log-tail";
import type { Log } from "../log-queries";

/** A row of the log list: a line (with how often it repeats), or a place where lines were left out. */
export type Row =
  | { kind: "log"; id: string; log: Log; repeats: number }
  | { kind: "gap"; id: string; gap: Gap };

/** Replaces what varies, so that repeats of one message compare equal. */
function shape(log: Log): string {
  return `${log.service_id}\n${log.severity}\n${log.message.replace(/\S*\d\S*/g, "#")}`;
}

/** Returns the rows of a list, oldest first. With `collapse`, a run of lines that repeat one message is one row. */
export function toRows(items: readonly TailItem[], collapse: boolean): Row[] {
  const rows: Row[] = [];
  let lastShape: string | null = null;
  for (const item of items) {
    if (isGap(item)) {
      rows.push({ kind: "gap", id: item.id, gap: item });
      lastShape = null;
      continue;
    }
    const last = rows.at(-1);
    const itemShape = collapse ? shape(item) : null;
    if (collapse && last?.kind === "log" && itemShape === lastShape) {
      rows[rows.length - 1] = { kind: "log", id: item.id, log: item, repeats: last.repeats + 1 };
    } else {
      rows.push({ kind: "log", id: item.id, log: item, repeats: 1 });
    }
    lastShape = itemShape;
  }
  return rows;
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
