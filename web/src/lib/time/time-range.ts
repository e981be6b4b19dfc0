import { formatClock, formatDay, type Zone } from "./time";

/** A time range as the address has it: an age ("15m"), or two moments, each of which may be open. */
export type TimeRange = { range?: string | undefined; from?: string | undefined; to?: string | undefined };

export const DEFAULT_RANGE = "1h";
export const RANGES = [
  ["5m", "Last 5 min"],
  ["15m", "Last 15 min"],
  ["1h", "Last 1 h"],
  ["6h", "Last 6 h"],
  ["24h", "Last 24 h"],
  ["7d", "Last 7 days"],
  ["30d", "Last 30 days"],
  ["all", "All time"],
] as const;

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const AGE = /^(\d{1,6})([smhdw])$/;

/** Returns the seconds of an age such as "15m", or null. */
export function ageSeconds(age: string): number | null {
  const [, count, unit] = AGE.exec(age) ?? [];
  const seconds = unit ? UNIT_SECONDS[unit] : undefined;
  return seconds ? Number(count) * seconds : null;
}

export function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text));
}

/** Returns a valid range from whatever the address holds. Moments win over an age. */
export function readRange(
  range: string | undefined,
  from: string | undefined,
  to: string | undefined,
): TimeRange {
  const moments = {
    from: from && isMoment(from) ? from : undefined,
    to: to && isMoment(to) ? to : undefined,
  };
  if (moments.from || moments.to) return moments;
  return range && (range === "all" || ageSeconds(range) !== null) ? { range } : {};
}

/** Returns the parameters of the API for a range. */
export function rangeParams(range: TimeRange): { since?: string; until?: string } {
  if (range.from || range.to) {
    return { ...(range.from ? { since: range.from } : {}), ...(range.to ? { until: range.to } : {}) };
  }
  const age = range.range ?? DEFAULT_RANGE;
  return age === "all" ? {} : { since: age };
}

/** Returns the two moments of a range; a start that is open is null. */
export function rangeBounds(range: TimeRange, now: Date): { start: Date | null; end: Date } {
  if (range.from || range.to) {
    return { start: range.from ? new Date(range.from) : null, end: range.to ? new Date(range.to) : now };
  }
  const seconds = ageSeconds(range.range ?? DEFAULT_RANGE);
  return { start: seconds === null ? null : new Date(now.getTime() - seconds * 1000), end: now };
}

/** Names a range for people: "Last 15 min", "16:51:20 to 16:55:20". */
export function nameRange(range: TimeRange, zone: Zone): string {
  if (range.from || range.to) {
    const days = new Set([range.from, range.to].map((text) => (text ? formatDay(new Date(text), zone) : "")));
    const name = (text: string) => {
      const moment = new Date(text);
      const isToday = formatDay(moment, zone) === formatDay(new Date(), zone);
      return isToday && days.size === 1
        ? formatClock(moment, zone)
        : `${formatDay(moment, zone)} ${formatClock(moment, zone)}`;
    };
    if (!range.to) return `Since ${name(range.from ?? "")}`;
    if (!range.from) return `Until ${name(range.to)}`;
    return `${name(range.from)} to ${days.size === 1 ? formatClock(new Date(range.to), zone) : name(range.to)}`;
  }
  const age = range.range ?? DEFAULT_RANGE;
  return RANGES.find(([key]) => key === age)?.[1] ?? `Last ${age}`;
}
