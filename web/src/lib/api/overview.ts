import { queryOptions } from "@tanstack/react-query";
import { content, query } from "./client";

/** The numbers of logs and records of a project. */
export const overviewOptions = (id: string) =>
  queryOptions({
    queryKey: ["projects", id, "overview"],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/projects/{project_id}/overview", {
          params: { path: { project_id: id } },
          signal,
        }),
      ),
  });
