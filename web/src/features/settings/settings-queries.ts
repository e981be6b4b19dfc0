import { queryOptions } from "@tanstack/react-query";
import { content, type Query, query } from "@/lib/api/client";

export type LlmSettings = Query["schemas"]["LlmSettings"];
export type NewLlmSettings = Query["schemas"]["NewLlmSettings"];
export type GithubSettings = Query["schemas"]["GithubSettings"];
export type NewGithubSettings = Query["schemas"]["NewGithubSettings"];
export type CheckedSettings = Query["schemas"]["CheckedSettings"];

/** The settings that apply to a project, or without one the default of the installation. */
export const settingsOptions = (project: string | undefined) =>
  queryOptions({
    queryKey: ["settings", project ?? null],
    queryFn: async ({ signal }) =>
      content(await query.GET("/api/v1/settings", { params: { query: { project_id: project } }, signal })),
  });

const paramsOf = (project: string | undefined) => ({ query: { project_id: project } });

export async function saveLlm(project: string | undefined, body: NewLlmSettings) {
  return content(await query.PUT("/api/v1/settings/llm", { params: paramsOf(project), body }));
}

export async function saveGithub(project: string | undefined, body: NewGithubSettings) {
  return content(await query.PUT("/api/v1/settings/github", { params: paramsOf(project), body }));
}

export async function deleteSettings(project: string | undefined, kind: "llm" | "github") {
  const params = paramsOf(project);
  if (kind === "llm") await query.DELETE("/api/v1/settings/llm", { params });
  else await query.DELETE("/api/v1/settings/github", { params });
}

export async function testSettings(project: string | undefined, kind: "llm" | "github") {
  const params = paramsOf(project);
  return kind === "llm"
    ? content(await query.POST("/api/v1/settings/llm/test", { params }))
    : content(await query.POST("/api/v1/settings/github/test", { params }));
}
