import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { content, type Query, query } from "@/lib/api/client";
import { MAX_PAGE, pagedOptions } from "@/lib/api/paged";
import { recoveryInterval } from "@/lib/api/query-client";
import { sessionOptions } from "@/lib/api/session";

export type Project = Query["schemas"]["Project"];
export type ProjectChanges = Query["schemas"]["ProjectChanges"];

const DELETING_CHECK_MS = 2000;

type ListState = { data: { pages: { items: Project[] }[] } | undefined; error: Error | null };

/** The projects of the user. While one is being deleted, they are read again until it is gone. */
export const projectPagesOptions = () => ({
  ...pagedOptions<Project>(["projects"], async (cursor, signal) =>
    content(await query.GET("/api/v1/projects", { params: { query: { limit: MAX_PAGE, cursor } }, signal })),
  ),
  refetchInterval: ({ state }: { state: ListState }) =>
    state.data?.pages.some((page) => page.items.some((item) => item.state === "deleting"))
      ? DELETING_CHECK_MS
      : recoveryInterval(state.error),
});

export const projectOptions = (id: string) =>
  queryOptions({
    queryKey: ["projects", id],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/projects/{project_id}", { params: { path: { project_id: id } }, signal }),
      ),
  });

export async function createProject(id: string, name: string, description: string, retentionDays: number) {
  const body = { id, name, description, retention_days: retentionDays };
  return content(await query.POST("/api/v1/projects", { body }));
}

export async function updateProject(id: string, body: ProjectChanges) {
  return content(
    await query.PATCH("/api/v1/projects/{project_id}", { params: { path: { project_id: id } }, body }),
  );
}

export async function deleteProject(id: string) {
  return content(
    await query.DELETE("/api/v1/projects/{project_id}", { params: { path: { project_id: id } } }),
  );
}

/** Reads projects, and what the user may do in them, again. */
export async function refreshProjects(queryClient: QueryClient): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ["projects"] }),
    queryClient.invalidateQueries({ queryKey: sessionOptions.queryKey }),
  ]);
}
