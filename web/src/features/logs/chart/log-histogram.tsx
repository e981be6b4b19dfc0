import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { tokenColour as css } from "@/lib/text/token-colour";
import { formatClock, formatCount, formatDay, formatMoment, useZone, type Zone } from "@/lib/time/time";
import type { Histogram } from "../log-queries";
import classes from "./log-histogram.module.css";

type LogHistogramProps = {
  histogram: Histogram;
  /** Seconds since 1970: what the chart spans. */
  span: [start: number, end: number];
  onZoom: (from: Date, to: Date) => void;
  onZoomOut: () => void;
};

const HEIGHT = 88;

/** Turns the buckets into cumulated series: all lines, then warnings and errors from the top. */
function series(histogram: Histogram, span: [number, number]): uPlot.AlignedData {
  const width = histogram.interval_seconds;
  const byStart = new Map(histogram.items.map((item) => [Date.parse(item.start) / 1000, item]));
  const first = histogram.items[0] ? Date.parse(histogram.items[0].start) / 1000 : span[0];
  const start = first - Math.ceil(Math.max(0, first - span[0]) / width) * width;
  const x: number[] = [];
  const other: number[] = [];
  const warned: number[] = [];
  const all: number[] = [];
  for (let at = start; at < span[1] || at <= first; at += width) {
    const item = byStart.get(at);
    const warn = item?.groups.warn ?? 0;
    const error = item?.groups.error ?? 0;
    const total = item?.count ?? 0;
    x.push(at);
    other.push(total - warn - error);
    warned.push(total - error);
    all.push(total);
  }
  return [x, all, warned, other];
}

/** The text below a tick: a clock time, or a day when the chart spans several. */
function tickText(seconds: number, span: number, zone: Zone): string {
  const moment = new Date(seconds * 1000);
  const clock = formatClock(moment, zone);
  if (span > 3 * 86_400) return formatDay(moment, zone).slice(5);
  if (span > 86_400) return `${formatDay(moment, zone).slice(8)}. ${clock.slice(0, 5)}`;
  return span < 300 ? clock : clock.slice(0, 5);
}

function options(
  width: number,
  interval: number,
  zone: Zone,
  span: [number, number],
  zoom: (from: Date, to: Date) => void,
): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [1, 100], align: 1, gap: 1 });
  const fill = (label: string, token: string): uPlot.Series => ({
    label,
    fill: () => css(token),
    width: 0,
    points: { show: false },
    ...(bars ? { paths: bars } : {}),
  });
  return {
    width,
    height: HEIGHT,
    padding: [6, 0, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: true, range: () => [span[0], Math.max(span[1], span[0] + interval)] },
      y: { range: (_, __, max) => [0, Math.max(max, 1) * 1.05] },
    },
    axes: [
      {
        size: 20,
        stroke: () => css("--muted"),
        font: "10px sans-serif",
        gap: 2,
        space: 96,
        values: (_, ticks) => ticks.map((tick) => tickText(tick, span[1] - span[0], zone)),
        grid: { show: false },
        ticks: { show: false },
      },
      { show: false },
    ],
    series: [{}, fill("error", "--fill-error"), fill("warn", "--fill-warn"), fill("other", "--fill-other")],
    hooks: {
      setSelect: [
        (chart) => {
          if (chart.select.width < 4) return;
          const from = chart.posToVal(chart.select.left, "x");
          const to = chart.posToVal(chart.select.left + chart.select.width, "x");
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          zoom(new Date(Math.floor(from) * 1000), new Date(Math.ceil(to) * 1000));
        },
      ],
    },
  };
}

/** Lines over time, stacked by severity. Dragging zooms in, a double click zooms out, a click opens one interval. */
export function LogHistogram({ histogram, span, onZoom, onZoomOut }: LogHistogramProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  const [zone] = useZone();
  const interval = histogram.interval_seconds;
  const [start, end] = span;
  const data = useRef<uPlot.AlignedData>([[], [], [], []]);
  data.current = series(histogram, span);

  useEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const created = new uPlot(
      options(element.clientWidth, interval, zone, [start, end], (from, to) => zoom.current(from, to)),
      data.current,
      element,
    );
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
  }, [interval, zone, start, end]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the data follow from the histogram and its span.
  useEffect(() => chart.current?.setData(data.current), [histogram, start, end]);

  const handleClick = () => {
    const created = chart.current;
    const left = created?.cursor.left;
    if (!created || left === undefined || left === null || left < 0 || created.select.width > 0) return;
    const at = created.posToVal(left, "x");
    const [x] = data.current;
    const bucket = Array.from(x).findLast((bucketStart) => bucketStart <= at);
    if (bucket !== undefined) zoom.current(new Date(bucket * 1000), new Date((bucket + interval) * 1000));
  };
  const errors = histogram.items.reduce((sum, item) => sum + (item.groups.error ?? 0), 0);
  const label = `${formatCount(histogram.total)} lines in intervals of ${interval} s, ${formatCount(errors)} of them errors`;
  return (
    <div className={classes.chart}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the range picker and [ ] do the same by key. */}
      <div
        ref={host}
        role="img"
        aria-label={label}
        className={classes.canvas}
        onClick={handleClick}
        onDoubleClick={onZoomOut}
      />
      <table className="visually-hidden">
        <caption>{label}</caption>
        <thead>
          <tr>
            <th>From</th>
            <th>Lines</th>
            <th>Errors</th>
          </tr>
        </thead>
        <tbody>
          {histogram.items.map((item) => (
            <tr key={item.start}>
              <td>{formatMoment(new Date(item.start), zone)}</td>
              <td>{item.count}</td>
              <td>{item.groups.error ?? 0}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
