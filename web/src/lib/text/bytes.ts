const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Writes bytes with three digits at most: "512 B", "1.5 MB", "10 GB". Units are powers of 1000. */
export function formatBytes(bytes: number): string {
  const power = Math.max(
    0,
    UNITS.findLastIndex((_, index) => bytes >= 1000 ** index),
  );
  const value = bytes / 1000 ** power;
  return `${Number(value.toPrecision(3))} ${UNITS[power]}`;
}

/** Reads "1.5 MB", "500kB" or "2000". An empty text is null, anything else undefined. */
export function parseBytes(text: string): number | null | undefined {
  if (!text.trim()) return null;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)b?\s*$/i.exec(text);
  if (!match) return undefined;
  const power = "kmgt".indexOf((match[2] ?? "").toLowerCase() || "?") + 1;
  return Math.round(Number(match[1]) * 1000 ** power);
}

/** Writes bytes exactly, for an input that `parseBytes` reads; no limit is an empty text. */
export function bytesText(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return "";
  const text = formatBytes(bytes);
  return parseBytes(text) === bytes ? text : `${bytes} B`;
}
