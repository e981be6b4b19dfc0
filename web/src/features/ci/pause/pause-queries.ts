import { queryOptions } from "@tanstack/react-query";
import { type CiBridge, ciBridge, content } from "@/lib/api/client";

export type Pause = CiBridge["schemas"]["Pause"];
/** What a pause holds: one project, or the whole installation. */
export type Scope = "project" | "everything";

const WATCH_MS = 5000;

/** Whether the rules and dispatches of a project are held, and by whom. */
export const pauseOptions = (project: string) =>
  queryOptions({
    queryKey: ["ci", project, "pause"],
    queryFn: async ({ signal }) =>
      content(await ciBridge.GET("/api/v1/ci/pause", { params: { query: { project_id: project } }, signal })),
    refetchInterval: WATCH_MS,
  });

const projectOf = (project: string, scope: Scope) => (scope === "project" ? project : null);

export const pause = async (project: string, scope: Scope, reason: string) =>
  content(
    await ciBridge.PUT("/api/v1/ci/pause", { body: { project_id: projectOf(project, scope), reason } }),
  );

export const resume = async (project: string, scope: Scope) =>
  content(
    await ciBridge.DELETE("/api/v1/ci/pause", {
      params: { query: scope === "project" ? { project_id: project } : {} },
    }),
  );
