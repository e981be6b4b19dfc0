import { useStoredChoice } from "@/lib/page/storage";

export type Zone = "utc" | "local";

/** The zone in which all times are shown, and its setter. */
export function useZone(): [Zone, (zone: Zone) => void] {
  return useStoredChoice("zone", ["utc", "local"]);
}

const two = (value: number): string => String(value).padStart(2, "0");
const three = (value: number): string => String(value).padStart(3, "0");

type Parts = { year: number; month: number; day: number; clock: string; millis: string };

function parts(moment: Date, zone: Zone): Parts {
  const utc = zone === "utc";
  const clock = [
    utc ? moment.getUTCHours() : moment.getHours(),
    utc ? moment.getUTCMinutes() : moment.getMinutes(),
    utc ? moment.getUTCSeconds() : moment.getSeconds(),
  ];
  return {
    year: utc ? moment.getUTCFullYear() : moment.getFullYear(),
    month: (utc ? moment.getUTCMonth() : moment.getMonth()) + 1,
    day: utc ? moment.getUTCDate() : moment.getDate(),
    clock: clock.map(two).join(":"),
    millis: three(moment.getUTCMilliseconds()),
  };
}

/** 16:51:55 */
export function formatClock(moment: Date, zone: Zone): string {
  return parts(moment, zone).clock;
}

/** 16:51:55.196 */
export function formatClockMillis(moment: Date, zone: Zone): string {
  const { clock, millis } = parts(moment, zone);
  return `${clock}.${millis}`;
}

/** 2026-11-26 */
export function formatDay(moment: Date, zone: Zone): string {
  const { year, month, day } = parts(moment, zone);
  return `${year}-${two(month)}-${two(day)}`;
}

/** 2026-11-26 16:51:55 */
export function formatMoment(moment: Date, zone: Zone): string {
  return `${formatDay(moment, zone)} ${formatClock(moment, zone)}`;
}

/** "3 min ago", "in 2 h", "just now". */
export function formatAge(moment: Date, now: Date = new Date()): string {
  const seconds = (now.getTime() - moment.getTime()) / 1000;
  const size = Math.abs(seconds);
  if (size < 5) return "just now";
  const text = formatDuration(size);
  return seconds >= 0 ? `${text} ago` : `in ${text}`;
}

/** A length of time in its largest unit: "41 ms", "9.4 s", "4 min", "3 h", "12 d". */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** 1.2 k, 3.4 M: for narrow places, with the exact number in a title. */
export function formatShortCount(count: number): string {
  if (count < 10_000) return formatCount(count);
  if (count < 1_000_000) return `${(count / 1000).toFixed(count < 100_000 ? 1 : 0)} k`;
  return `${(count / 1_000_000).toFixed(1)} M`;
}
