import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { content, type Query, query } from "@/lib/api/client";

export type Log = Query["schemas"]["Log"];
export type LogPage = Query["schemas"]["LogPage"];
export type Histogram = Query["schemas"]["Histogram"];
export type Facets = Query["schemas"]["Facets"];
export type PatternCount = Query["schemas"]["PatternCount"];

/** What selects logs: every part of the viewer sends this one object, so all of them show the same logs. */
export type LogScope = {
  project_id: string;
  q: string;
  since?: string | undefined;
  until?: string | undefined;
};

const PAGE_SIZE = 500;
const HISTOGRAM_BUCKETS = 120;

/** Pages of logs, newest first. */
export const logPagesOptions = (scope: LogScope) =>
  infiniteQueryOptions({
    queryKey: ["logs", "pages", scope],
    queryFn: async ({ signal, pageParam }) =>
      content(
        await query.GET("/api/v1/logs", {
          params: { query: { ...scope, limit: PAGE_SIZE, order: "desc", cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });

export const histogramOptions = (scope: LogScope) =>
  queryOptions({
    queryKey: ["logs", "histogram", scope],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/logs/histogram", {
          params: { query: { ...scope, buckets: HISTOGRAM_BUCKETS } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const facetsOptions = (scope: LogScope, fields: FacetField[], limit = 20) =>
  queryOptions({
    queryKey: ["logs", "facets", scope, fields, limit],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/logs/facets", { params: { query: { ...scope, fields, limit } }, signal }),
      ),
    placeholderData: keepPreviousData,
  });
/** A field that logs can be counted by: a fixed one, or "attributes.<path>". */
export type FacetField = string;

export const patternsOptions = (scope: LogScope) =>
  queryOptions({
    queryKey: ["logs", "patterns", scope],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/logs/patterns", { params: { query: { ...scope, limit: 200 } }, signal }),
      ),
    placeholderData: keepPreviousData,
  });

export const logOptions = (id: string) =>
  queryOptions({
    queryKey: ["logs", "one", id],
    queryFn: async ({ signal }) =>
      content(await query.GET("/api/v1/logs/{id}", { params: { path: { id } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The lines around a log, of its service or of all services. */
export const contextOptions = (id: string, sameService: boolean) =>
  queryOptions({
    queryKey: ["logs", "context", id, sameService],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/logs/{id}/context", {
          params: { path: { id }, query: { before: 50, after: 50, same_service: sameService } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Whether a project has any log. It is asked again until there is one. */
export const hasLogsOptions = (projectId: string) =>
  queryOptions({
    queryKey: ["logs", "any", projectId],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: projectId, limit: 1 } };
      return content(await query.GET("/api/v1/logs", { params, signal })).items.length > 0;
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.data === true ? false : 1500),
  });

/** Names of the attributes in the selected logs, the most frequent first. */
export const attributeNamesOptions = (scope: LogScope) =>
  queryOptions({
    queryKey: ["logs", "attributes", scope],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/logs/attributes", { params: { query: { ...scope, limit: 200 } }, signal }),
      ),
    staleTime: 60_000,
  });

export type SavedView = Query["schemas"]["SavedView"];

export const savedViewsOptions = (projectId: string) =>
  queryOptions({
    queryKey: ["saved-views", projectId],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/saved-views", {
          params: { query: { project_id: projectId, limit: 1000 } },
          signal,
        }),
      ).items,
    staleTime: 60_000,
  });
