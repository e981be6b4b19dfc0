import type { TimeRange } from "@/lib/time/time-range";
import type { ChangeSearch } from "./logs-search";
import type { ResolvedScope } from "./use-log-scope";

/** How much an open range is taken to cover. */
const OPEN_MS = 3_600_000;

type RangeMoves = {
  /** Selects a range; the live tail ends. */
  zoom: (range: TimeRange) => void;
  /** Doubles the range around its middle. */
  zoomOut: () => void;
  /** Moves the range by half of its length. */
  shift: (direction: -1 | 1) => void;
};

/** Changes the range that the viewer shows. */
export function rangeMoves(
  { start, end }: Pick<ResolvedScope, "start" | "end">,
  onChange: ChangeSearch,
): RangeMoves {
  const to = end.getTime();
  const from = start?.getTime() ?? to - OPEN_MS;
  const half = (to - from) / 2;
  const zoom = ({ range, from, to }: TimeRange) => onChange({ range, from, to, live: undefined });
  const move = (from: number, to: number) =>
    zoom({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  return {
    zoom,
    zoomOut: () => move(from - half, to + half),
    shift: (direction) => move(from + half * direction, to + half * direction),
  };
}
