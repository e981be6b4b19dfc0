import { Button } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { fieldTerm } from "@/lib/text/filter-text";
import { rangeParams, type TimeRange } from "@/lib/time/time-range";
import { lineOf } from "./chart-data";
import type { ChartSeries } from "./metric-chart";
import { type Metric, seriesOptions } from "./metric-queries";
import classes from "./metrics.module.css";
import type { Aggregate } from "./metrics-search";

const MetricChart = lazy(async () => ({ default: (await import("./metric-chart")).MetricChart }));

/** Names metrics in a chart; metrics of one name are told apart by their service. */
function chartName(metric: Metric, all: readonly Metric[]): string {
  const isShared = all.some((other) => other.id !== metric.id && other.name === metric.name);
  return isShared ? `${metric.name} (${metric.service_id ?? "project"})` : metric.name;
}

/** The drawn metrics, and the way from a time in them to its logs. */
export function MetricCharts({
  project,
  metrics,
  range,
  aggregate,
}: {
  project: string;
  metrics: readonly Metric[];
  range: TimeRange;
  aggregate: Aggregate;
}) {
  const navigate = useNavigate();
  const scope = { ...rangeParams(range), aggregate };
  const results = useQueries({ queries: metrics.map((metric) => seriesOptions(metric.id, scope)) });
  const services = new Set(metrics.map((metric) => metric.service_id));
  const [service] = services;
  const openLogs = (times: TimeRange) =>
    void navigate({
      to: "/projects/$project/logs",
      params: { project },
      search: {
        ...times,
        ...(services.size === 1 && service ? { q: fieldTerm("service_id", service) } : {}),
      },
    });
  const failed = results.find((result) => result.error);
  const first = results.find((result) => result.data)?.data;
  const series = metrics.flatMap((metric, index): ChartSeries[] => {
    const found = results[index]?.data;
    if (!found) return [];
    const name = chartName(metric, metrics);
    const unit = aggregate === "count" ? "points" : metric.unit;
    return [{ id: metric.id, name, unit, line: lineOf(found.points) }];
  });
  if (metrics.length === 0) return <div className={classes.nothing}>Choose metrics below to draw them.</div>;
  return (
    <>
      {failed?.error ? <ProblemNotice error={failed.error} onRetry={() => void failed.refetch()} /> : null}
      <Suspense fallback={<div className={classes.nothing} />}>
        {first && series.length > 0 ? (
          <MetricChart
            series={series}
            span={[Date.parse(first.since) / 1000, Date.parse(first.until) / 1000]}
            stepSeconds={first.step_s}
            onSelect={(from, to) => openLogs({ from: from.toISOString(), to: to.toISOString() })}
          />
        ) : (
          <div className={classes.nothing} />
        )}
      </Suspense>
      <div className="row" style={{ padding: "4px 12px" }}>
        <span className="muted small grow">
          Drag over the chart or click it to see the logs of that time.
        </span>
        <Button onClick={() => openLogs(range)}>Logs of this time</Button>
      </div>
    </>
  );
}
