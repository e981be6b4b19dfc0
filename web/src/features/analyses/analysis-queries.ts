import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type Analyzer, analyzer, ciBridge, content, type Query, query } from "@/lib/api/client";

export type Analysis = Query["schemas"]["Analysis"];
export type AnalysisSummary = Query["schemas"]["AnalysisSummary"];
export type AnalysisMessage = Query["schemas"]["Message"];
export type Report = Query["schemas"]["Report"];
export type Finding = Query["schemas"]["Finding"];
export type AnalysisPreview = Analyzer["schemas"]["Preview"];
export type EvidenceLine = Query["schemas"]["EvidenceLine"];

/** The logs to explain: a filter between two moments. */
export type AnalysisScope = { q: string; since: string; until: string };

const PAGE_SIZE = 50;
const RUNNING_MS = 5000;

export const isRunning = ({ status }: Pick<AnalysisSummary, "status">): boolean =>
  status === "queued" || status === "running";

/** Pages of the analyses of a project, newest first. They are read again while one of them runs. */
export const analysisPagesOptions = (projectId: string) =>
  infiniteQueryOptions({
    queryKey: ["analyses", "pages", projectId],
    queryFn: async ({ signal, pageParam }) => {
      const params = {
        query: { project_id: projectId, limit: PAGE_SIZE, cursor: pageParam ?? undefined },
      };
      return content(await query.GET("/api/v1/logs/analyses", { params, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state: { data, error } }) =>
      error || data?.pages.some((page) => page.items.some(isRunning)) ? RUNNING_MS : false,
  });

export const analysisOptions = (id: string) =>
  queryOptions({
    queryKey: ["analyses", "one", id],
    queryFn: async ({ signal }) => {
      const params = { path: { analysis_id: id } };
      return content(await query.GET("/api/v1/logs/analyses/{analysis_id}", { params, signal }));
    },
  });

/** Requests an analysis. Without a question it explains what went wrong. */
export async function requestAnalysis(projectId: string, scope: AnalysisScope, question: string) {
  const body = { project_id: projectId, ...scope, question: question.trim() || null };
  return content(await query.POST("/api/v1/logs/analyses", { body }));
}

export async function askFollowUp(id: string, text: string) {
  const params = { path: { analysis_id: id } };
  return content(
    await query.POST("/api/v1/logs/analyses/{analysis_id}/messages", { params, body: { text } }),
  );
}

/** Stops a running analysis, or deletes a finished one. */
export async function stopOrDelete(id: string): Promise<void> {
  await query.DELETE("/api/v1/logs/analyses/{analysis_id}", { params: { path: { analysis_id: id } } });
}

/** How many lines a scope has, and their severities. */
export const scopeCountOptions = (projectId: string, scope: AnalysisScope) =>
  queryOptions({
    queryKey: ["logs", "count", projectId, scope],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: projectId, ...scope, fields: ["severity" as const], limit: 1 } };
      return content(await query.GET("/api/v1/logs/facets", { params, signal })).total;
    },
    staleTime: 30_000,
  });

/** What an analysis would read and send. Nothing is sent for it. */
export const previewOptions = (projectId: string, scope: AnalysisScope, question: string) =>
  queryOptions({
    queryKey: ["analyses", "preview", projectId, scope, question],
    queryFn: async ({ signal }) => {
      const body = { project_id: projectId, ...scope, question: question || null };
      return content(await analyzer.POST("/api/v1/analyzer/previews", { body, signal }));
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Errors over time by service, for the picture of where it began. */
export const errorsByServiceOptions = (projectId: string, scope: AnalysisScope) =>
  queryOptions({
    queryKey: ["logs", "errors-by-service", projectId, scope],
    queryFn: async ({ signal }) => {
      const params = {
        query: { project_id: projectId, ...scope, by: "service_id" as const, buckets: 60 },
      };
      return content(await query.GET("/api/v1/logs/histogram", { params, signal }));
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Logs by their ids, as far as they are still stored. */
export const logsByIdOptions = (projectId: string, ids: readonly string[]) =>
  queryOptions({
    queryKey: ["logs", "by-id", projectId, ids],
    queryFn: async ({ signal }) => {
      const q = ids.map((id) => `id:"${id}"`).join(" OR ");
      const params = { query: { project_id: projectId, q, order: "asc" as const, limit: 500 } };
      return content(await query.GET("/api/v1/logs", { params, signal })).items;
    },
    enabled: ids.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The model of a project and its limits, without the key. */
export const modelSettingsOptions = (projectId: string) =>
  queryOptions({
    queryKey: ["settings", projectId],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: projectId } };
      return content(await query.GET("/api/v1/settings", { params, signal }));
    },
    select: ({ llm }) => llm,
  });

/** Workflows that were started lately, to find those that an analysis or its lines caused. */
export const dispatchesOptions = (projectId: string) =>
  queryOptions({
    queryKey: ["ci", "dispatches", projectId, "latest"],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: projectId, limit: 100 } };
      return content(await ciBridge.GET("/api/v1/ci/dispatches", { params, signal })).items;
    },
  });
