import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type CiBridge, ciBridge, content } from "@/lib/api/client";
import { MAX_PAGE } from "@/lib/api/paged";

type Schemas = CiBridge["schemas"];
export type WorkflowFile = Schemas["WorkflowRecord"];
export type WorkflowView = Schemas["WorkflowView"];
export type StatedCondition = Schemas["StatedCondition"];
export type Violation = Schemas["Violation"];
export type FileSource = Schemas["FileSource"];

const WATCH_MS = 5000;

/** The workflow files of a project's repositories, and the repositories that are read from GitHub. */
export const workflowsOptions = (project: string) =>
  queryOptions({
    queryKey: ["ci", project, "workflows"],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: project, limit: MAX_PAGE } };
      return content(await ciBridge.GET("/api/v1/ci/workflows", { params, signal }));
    },
    refetchInterval: WATCH_MS,
  });

/** A workflow file with its text, its conditions and its rules. */
export const workflowOptions = (project: string, id: string) =>
  queryOptions({
    queryKey: ["ci", project, "workflow", id],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/workflows/{file_id}", { params: { path: { file_id: id } }, signal }),
      ),
    refetchInterval: WATCH_MS,
  });

/** What is wrong in a text, what it states, and what sending it would change. Nothing is stored. */
export const fileCheckOptions = (project: string, repository: string | null, path: string, text: string) =>
  queryOptions({
    queryKey: ["ci", project, "workflow-check", repository, path, text],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.POST("/api/v1/ci/workflows/check", {
          body: { project_id: project, repository, files: [{ path, text }] },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

export const readAgain = async (project: string, repository: string) =>
  ciBridge.POST("/api/v1/ci/workflows/read", { body: { project_id: project, repository } });

/** The names of the conditions in a file: LOGLOOP_WHEN, and the entries of LOGLOOP_ON_RESULT from 1. */
export function conditionName(key: string): string {
  if (key === "when") return "LOGLOOP_WHEN";
  const index = Number(/^on_result\.(\d+)$/.exec(key)?.[1] ?? Number.NaN);
  return Number.isNaN(index) ? key : `LOGLOOP_ON_RESULT, entry ${index + 1}`;
}

/** Violations as the source shows them. */
export const errorsOf = (violations: readonly Violation[]) =>
  violations.map(({ line, column, message }) => ({ line, column, text: message }));
