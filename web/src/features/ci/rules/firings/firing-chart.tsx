import classes from "@/features/ci/rules/editor/rule-editor.module.css";
import type { Query } from "@/lib/api/client";
import { formatClock, formatCount, formatDay, useZone } from "@/lib/time/time";

type Histogram = Query["schemas"]["Histogram"];
const HEIGHT = 64;
const WIDTH = 1000;
const MAX_LABELS = 12;

/** Lines over time, with a mark at each moment at which the rule would have fired. */
export function FiringChart({
  histogram,
  start,
  end,
  moments,
}: {
  histogram: Histogram;
  start: number;
  end: number;
  moments: readonly string[];
}) {
  const [zone] = useZone();
  const span = Math.max(1, end - start);
  const max = Math.max(1, ...histogram.items.map(({ count }) => count));
  const width = Math.max(1, (histogram.interval_seconds * 1000 * WIDTH) / span - 1);
  const x = (at: number) => ((at - start) / span) * WIDTH;
  const height = (count: number) => (count / max) * HEIGHT;
  const label = `${formatCount(histogram.total)} lines, and ${moments.length} moments of firing`;
  const spansDays = span > 86_400_000;
  const tick = (at: number) =>
    spansDays
      ? `${formatDay(new Date(at), zone).slice(5)} ${formatClock(new Date(at), zone).slice(0, 5)}`
      : formatClock(new Date(at), zone).slice(0, 5);
  return (
    <div className={classes.chart} role="img" aria-label={label}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {histogram.items.map(({ start: from, count, groups }) => {
          const left = Math.max(0, x(Date.parse(from)));
          const errors = height(groups.error ?? 0);
          const total = height(count);
          return (
            <g key={from}>
              <rect x={left} y={HEIGHT - total} width={width} height={total} fill="var(--fill-other)" />
              <rect x={left} y={HEIGHT - total} width={width} height={errors} fill="var(--fill-error)" />
            </g>
          );
        })}
      </svg>
      {moments.map((moment) => {
        const share = x(Date.parse(moment)) / WIDTH;
        return (
          <i
            key={moment}
            className={classes.moment}
            data-late={share > 0.9 || undefined}
            style={{ left: `${Math.min(100, Math.max(0, share * 100))}%` }}
          >
            {moments.length <= MAX_LABELS ? <span>{formatClock(new Date(moment), zone)}</span> : null}
          </i>
        );
      })}
      <div className={classes.axis} aria-hidden>
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <span key={part}>{tick(start + span * part)}</span>
        ))}
      </div>
    </div>
  );
}
