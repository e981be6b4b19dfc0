import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { content, type Query, query } from "@/lib/api/client";
import { MAX_PAGE, pagedOptions } from "@/lib/api/paged";
import { recoveryInterval } from "@/lib/api/query-client";
import type { Aggregate } from "./metrics-search";

export type Metric = Query["schemas"]["Metric"];
export type MetricSeries = Query["schemas"]["MetricSeries"];
export type NewMetric = Query["schemas"]["NewMetric"];
export type MetricChanges = Query["schemas"]["MetricChanges"];

const REFRESH_MS = 15_000;

export const metricPagesOptions = (project: string, service: string | undefined) =>
  pagedOptions<Metric>(["metrics", project, service ?? null], async (cursor, signal) =>
    content(
      await query.GET("/api/v1/metrics", {
        params: { query: { project_id: project, service_id: service, limit: MAX_PAGE, cursor } },
        signal,
      }),
    ),
  );

export type SeriesScope = { since?: string; until?: string; aggregate: Aggregate };

/** The longest time for which points are kept. */
const ALL_TIME = "400d";

export const seriesOptions = (metric: string, scope: SeriesScope) =>
  queryOptions({
    queryKey: ["metrics", "series", metric, scope],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/metrics/{metric_id}/series", {
          params: {
            path: { metric_id: metric },
            query: { ...scope, since: scope.since ?? ALL_TIME },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (scope.until ? recoveryInterval(state.error) : REFRESH_MS),
  });

export async function createMetric(body: NewMetric) {
  return content(await query.POST("/api/v1/metrics", { body }));
}

export async function updateMetric(id: string, body: MetricChanges) {
  return content(
    await query.PATCH("/api/v1/metrics/{metric_id}", { params: { path: { metric_id: id } }, body }),
  );
}

export async function deleteMetric(id: string) {
  await query.DELETE("/api/v1/metrics/{metric_id}", { params: { path: { metric_id: id } } });
}
