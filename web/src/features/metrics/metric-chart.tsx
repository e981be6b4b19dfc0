import "uplot/dist/uPlot.min.css";
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { tokenColour as css } from "@/lib/text/token-colour";
import { formatClock, formatDay, formatMoment, useZone, type Zone } from "@/lib/time/time";
import { formatValue, type Line, minutesAround } from "./chart-data";
import classes from "./metrics.module.css";

export type ChartSeries = { id: string; name: string; unit: string; line: Line };
type MetricChartProps = {
  series: readonly ChartSeries[];
  /** Seconds since 1970: what the chart spans. */
  span: [start: number, end: number];
  stepSeconds: number;
  /** A range was dragged, or a moment was clicked. */
  onSelect: (from: Date, to: Date) => void;
};

const HEIGHT = 260;
const DASHES: number[][] = [[], [6, 3], [2, 2], [8, 3, 2, 3], [4, 2], [1, 2]];
export const MAX_SERIES = DASHES.length;
const token = (index: number) => `--series-${(index % MAX_SERIES) + 1}`;

function tickText(seconds: number, span: number, zone: Zone): string {
  const moment = new Date(seconds * 1000);
  if (span > 3 * 86_400) return formatDay(moment, zone).slice(5);
  return span < 300 ? formatClock(moment, zone) : formatClock(moment, zone).slice(0, 5);
}

function axes(units: string[], spanOf: () => [number, number], zone: Zone): uPlot.Axis[] {
  const common = { stroke: () => css("--muted"), font: "10px sans-serif", ticks: { show: false } };
  return [
    {
      ...common,
      size: 20,
      gap: 2,
      space: 96,
      grid: { show: false },
      values: (_, ticks) => {
        const [start, end] = spanOf();
        return ticks.map((tick) => tickText(tick, end - start, zone));
      },
    },
    ...units.slice(0, 2).map(
      (unit, index): uPlot.Axis => ({
        ...common,
        scale: unit,
        side: index === 0 ? 3 : 1,
        size: 72,
        gap: 4,
        space: 32,
        grid: { show: index === 0, stroke: () => css("--line"), width: 1 },
        values: (_, ticks) => ticks.map((tick) => formatValue(tick, unit)),
      }),
    ),
  ];
}

type ChartHandlers = {
  span: () => [number, number];
  select: (from: Date, to: Date) => void;
  move: (index: number | null) => void;
};

function options(
  series: readonly ChartSeries[],
  width: number,
  zone: Zone,
  handlers: ChartHandlers,
): uPlot.Options {
  const units = [...new Set(series.map((item) => item.unit))];
  return {
    width,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false } },
    scales: { x: { time: true, range: handlers.span } },
    axes: axes(units, handlers.span, zone),
    series: [
      {},
      ...series.map(
        (item, index): uPlot.Series => ({
          label: item.name,
          scale: item.unit,
          stroke: () => css(token(index)),
          width: 1.5,
          dash: DASHES[index % MAX_SERIES] ?? [],
        }),
      ),
    ],
    hooks: {
      setCursor: [(chart) => handlers.move(chart.cursor.idx ?? null)],
      setSelect: [
        (chart) => {
          if (chart.select.width < 4) return;
          const from = chart.posToVal(chart.select.left, "x");
          const to = chart.posToVal(chart.select.left + chart.select.width, "x");
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          handlers.select(new Date(Math.floor(from) * 1000), new Date(Math.ceil(to) * 1000));
        },
      ],
    },
  };
}

const NULL_EXPAND = 2;

/** Brings the lines to one list of times. A gap stays a gap where other lines have values. */
function joined(series: readonly ChartSeries[]): uPlot.AlignedData {
  return uPlot.join(
    series.map((item) => item.line as uPlot.AlignedData),
    series.map(() => [NULL_EXPAND, NULL_EXPAND]),
  );
}

/** Several metrics over time. Each unit has its own scale. Dragging selects a range, a click the minutes around it. */
export function MetricChart({ series, span, stepSeconds, onSelect }: MetricChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const [zone] = useZone();
  const [index, setIndex] = useState<number | null>(null);
  const [start, end] = span;
  const data = useMemo(() => joined(series), [series]);
  const latest = useRef({ series, data, span, onSelect });
  latest.current = { series, data, span, onSelect };
  const shape = series.map((item) => `${item.id} ${item.name} ${item.unit}`).join("\n");

  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape stands for the series; values come with setData.
  useEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const handlers: ChartHandlers = {
      span: () => latest.current.span,
      select: (from, to) => latest.current.onSelect(from, to),
      move: setIndex,
    };
    const built = options(latest.current.series, element.clientWidth, zone, handlers);
    const created = new uPlot(built, latest.current.data, element);
    chart.current = created;
    const observer = new ResizeObserver(() =>
      created.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    const theme = new MutationObserver(() => created.redraw());
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      observer.disconnect();
      theme.disconnect();
      created.destroy();
      chart.current = null;
    };
  }, [shape, zone]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new data or a new span draw the chart again.
  useEffect(() => chart.current?.setData(data), [data, start, end]);

  const handleClick = () => {
    const created = chart.current;
    const left = created?.cursor.left;
    if (!created || left === undefined || left < 0 || created.select.width > 0) return;
    onSelect(...minutesAround(created.posToVal(left, "x"), stepSeconds));
  };
  const at = index === null ? undefined : data[0]?.[index];
  return (
    <div className={classes.chart}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: "Logs of this time" does the same by key. */}
      <div
        ref={host}
        role="img"
        aria-label={`${series.map((item) => item.name).join(", ")} over time`}
        className={classes.canvas}
        onClick={handleClick}
      />
      <ul className={classes.legend}>
        {series.map((item, position) => {
          const hovered = index === null ? undefined : data[position + 1]?.[index];
          const value = hovered ?? item.line[1].findLast((candidate) => candidate !== null);
          return (
            <li key={item.id}>
              <svg width="20" height="8" aria-hidden="true">
                <line
                  x1="0"
                  y1="4"
                  x2="20"
                  y2="4"
                  stroke={`var(${token(position)})`}
                  strokeWidth="2"
                  strokeDasharray={DASHES[position % MAX_SERIES]?.join(" ")}
                />
              </svg>
              <span className="mono">{item.name}</span>
              <b>{value === undefined || value === null ? "no points" : formatValue(value, item.unit)}</b>
            </li>
          );
        })}
        <li className="muted">
          {typeof at === "number" ? formatMoment(new Date(at * 1000), zone) : "last values"}
        </li>
      </ul>
    </div>
  );
}
