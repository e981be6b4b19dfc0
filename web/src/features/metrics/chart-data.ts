import type { MetricSeries } from "./metric-queries";

/** One line of a chart: times in seconds since 1970, and values. A null value ends the line until the next value. */
export type Line = [times: number[], values: (number | null)[]];

const MAX_SPACING = 5;

/** Returns the line of a series. Where points are missing for much longer than usual, the line has a gap. */
export function lineOf(points: MetricSeries["points"]): Line {
  const times = points.map((point) => Date.parse(point.timestamp) / 1000);
  const spacings = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const usual = [...spacings].sort((a, b) => a - b)[Math.floor(spacings.length / 2)] ?? 0;
  const line: Line = [[], []];
  for (const [index, time] of times.entries()) {
    const before = times[index - 1];
    if (before !== undefined && time - before > usual * MAX_SPACING) {
      line[0].push((before + time) / 2);
      line[1].push(null);
    }
    line[0].push(time);
    line[1].push(points[index]?.value ?? null);
  }
  return line;
}

/** Returns the times around a moment of a chart to which logs are shown: its step, but at least a minute. */
export function minutesAround(seconds: number, step: number): [from: Date, to: Date] {
  const length = Math.max(60, step);
  const start = Math.floor(seconds / length) * length;
  return [new Date(start * 1000), new Date((start + length) * 1000)];
}

/** Writes a value with as many digits as people can use, and its unit. */
export function formatValue(value: number, unit: string): string {
  const size = Math.abs(value);
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
  const text = value.toLocaleString("en-US", { maximumFractionDigits: digits });
  return unit && unit !== "1" ? `${text} ${unit}` : text;
}
