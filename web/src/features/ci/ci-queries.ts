import { queryOptions } from "@tanstack/react-query";
import { type CiBridge, ciBridge, content, type Query, query } from "@/lib/api/client";
import { MAX_PAGE, pagedOptions } from "@/lib/api/paged";
import { recoveryInterval } from "@/lib/api/query-client";

type Schemas = CiBridge["schemas"];
export type Pipeline = Schemas["Pipeline"];
export type PipelineDraft = Schemas["PipelineDraft"];
export type Template = Schemas["TemplateView"];
export type TemplateDraft = Schemas["TemplateDraft"];
export type TemplateField = Schemas["TemplateField"];
export type Dispatch = Schemas["Dispatch"];
export type DispatchState = NonNullable<Dispatch["state"]>;
export type Run = Schemas["Run"];
export type Log = Query["schemas"]["Log"];

const PAGE = 100;
const WATCH_MS = 3000;
const LIVE_MS = 1000;

/** Whether GitHub still has to start or end something, so that the page asks again. */
const isUnderWay = (dispatch: Dispatch) => dispatch.state === "pending" || dispatch.state === "sending";
const isRunning = (run: Run) => run.status !== "completed" || run.logs === "waiting";
/** Whether the output of a run is known, but not stored yet: only that of emulated runs. */
export const isLive = (run: Run) => run.emulated === true && (run.logs === "none" || run.logs === "waiting");

export const pipelinesOptions = (project: string) =>
  queryOptions({
    queryKey: ["ci", project, "pipelines"],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: project, limit: MAX_PAGE } };
      return content(await ciBridge.GET("/api/v1/ci/pipelines", { params, signal })).items;
    },
  });

export const pipelinePagesOptions = (project: string) =>
  pagedOptions(["ci", project, "pipeline-pages"], async (cursor, signal) =>
    page(
      content(
        await ciBridge.GET("/api/v1/ci/pipelines", {
          params: { query: { project_id: project, limit: PAGE, cursor } },
          signal,
        }),
      ),
    ),
  );

export const templatesOptions = (project: string) =>
  queryOptions({
    queryKey: ["ci", project, "templates"],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: project, limit: MAX_PAGE } };
      return content(await ciBridge.GET("/api/v1/ci/templates", { params, signal })).items;
    },
  });

export const templatePagesOptions = (project: string) =>
  pagedOptions(["ci", project, "template-pages"], async (cursor, signal) =>
    page(
      content(
        await ciBridge.GET("/api/v1/ci/templates", {
          params: { query: { project_id: project, limit: PAGE, cursor } },
          signal,
        }),
      ),
    ),
  );

export type DispatchFilter = {
  state?: DispatchState | undefined;
  rule?: string | undefined;
  pipeline?: string | undefined;
};

export const dispatchPagesOptions = (project: string, filter: DispatchFilter = {}) => ({
  ...pagedOptions<Dispatch>(["ci", project, "dispatches", filter], async (cursor, signal) =>
    page(
      content(
        await ciBridge.GET("/api/v1/ci/dispatches", {
          params: {
            query: {
              project_id: project,
              state: filter.state,
              rule_id: filter.rule,
              pipeline_id: filter.pipeline,
              limit: PAGE,
              cursor,
            },
          },
          signal,
        }),
      ),
    ),
  ),
  refetchInterval: WATCH_MS,
});

export const dispatchOptions = (id: string) =>
  queryOptions({
    queryKey: ["ci", "dispatch", id],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/dispatches/{dispatch_id}", {
          params: { path: { dispatch_id: id } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) =>
      state.data && isUnderWay(state.data) ? WATCH_MS : recoveryInterval(state.error),
  });

export type RunFilter = {
  conclusion?: NonNullable<Run["conclusion"]> | undefined;
  pipeline?: string | undefined;
};

export const runPagesOptions = (project: string, filter: RunFilter = {}) => ({
  ...pagedOptions<Run>(["ci", project, "runs", filter], async (cursor, signal) =>
    page(
      content(
        await ciBridge.GET("/api/v1/ci/runs", {
          params: {
            query: {
              project_id: project,
              conclusion: filter.conclusion,
              pipeline_id: filter.pipeline,
              limit: PAGE,
              cursor,
            },
          },
          signal,
        }),
      ),
    ),
  ),
  refetchInterval: WATCH_MS,
});

export const runOptions = (project: string, run: string) =>
  queryOptions({
    queryKey: ["ci", project, "run", run],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/runs/{run_id}", {
          params: { path: { run_id: run }, query: { project_id: project } },
          signal,
        }),
      ),
    refetchInterval: ({ state: { data, error } }) => {
      if (!data) return recoveryInterval(error);
      return isLive(data) ? LIVE_MS : isRunning(data) ? WATCH_MS : recoveryInterval(error);
    },
  });

export type LiveLines = { lines: Log[]; position: string | undefined; isQuiet: boolean };

/** The lines that an emulated run has printed so far; each request reads only those that are new. */
export const liveLinesOptions = (project: string, run: string) =>
  queryOptions({
    queryKey: ["ci", project, "live-lines", run],
    queryFn: async ({ client, queryKey, signal }): Promise<LiveLines> => {
      const before = client.getQueryData<LiveLines>(queryKey);
      let lines = before?.lines ?? [];
      let position = before?.position;
      const known = lines.length;
      for (;;) {
        const found = content(
          await ciBridge.GET("/api/v1/ci/runs/{run_id}/logs", {
            params: {
              path: { run_id: run },
              query: { project_id: project, limit: MAX_PAGE, cursor: position },
            },
            signal,
          }),
        );
        if (!found.live) return { lines, position, isQuiet: true };
        if (found.items.length > 0) lines = [...lines, ...(found.items as unknown as Log[])];
        position = found.live;
        if (!found.next_cursor) return { lines, position, isQuiet: lines.length === known };
      }
    },
    refetchInterval: ({ state }) => (state.data?.isQuiet ? WATCH_MS : LIVE_MS),
  });

/** Pages of the output of a run, in the order in which it was printed. */
export const runLogPagesOptions = (project: string, run: string, count: number) =>
  pagedOptions<Log>(["ci", project, "run-logs", run, count], async (cursor, signal) => {
    const found = content(
      await ciBridge.GET("/api/v1/ci/runs/{run_id}/logs", {
        params: { path: { run_id: run }, query: { project_id: project, limit: MAX_PAGE, cursor } },
        signal,
      }),
    );
    // The output of a run is stored like any other log, and ci-bridge passes it on as query returns it.
    return page({ items: found.items as unknown as Log[], next_cursor: found.next_cursor });
  });

/** The first errors in the output of a run. */
export const runErrorsOptions = (project: string, run: string, count: number) =>
  queryOptions({
    queryKey: ["ci", project, "run-errors", run, count],
    queryFn: async ({ signal }) => {
      const found = await ciBridge.GET("/api/v1/ci/runs/{run_id}/logs", {
        params: { path: { run_id: run }, query: { project_id: project, severity: "error", limit: 5 } },
        signal,
      });
      return content(found).items as unknown as Log[];
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

export const servicesOptions = (project: string) =>
  queryOptions({
    queryKey: ["ci", project, "services"],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: project, limit: MAX_PAGE } };
      return content(await query.GET("/api/v1/services", { params, signal })).items.map(({ id }) => id);
    },
    staleTime: 60_000,
  });

/** How many records a project has in each list. */
export const summaryOptions = (project: string) =>
  queryOptions({
    queryKey: ["ci", project, "summary"],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/summary", { params: { query: { project_id: project } }, signal }),
      ),
    refetchInterval: 15_000,
  });

/** A page whose cursor is always there: null after the last page. */
export function page<T>(found: { items: T[]; next_cursor?: string | null | undefined }): {
  items: T[];
  next_cursor: string | null;
} {
  return { items: found.items, next_cursor: found.next_cursor ?? null };
}
