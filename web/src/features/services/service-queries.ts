import { content, type Query, query } from "@/lib/api/client";
import { MAX_PAGE, pagedOptions } from "@/lib/api/paged";

export type Service = Query["schemas"]["Service"];
export type NewService = Query["schemas"]["NewService"];
export type ServiceChanges = Query["schemas"]["ServiceChanges"];

export const servicePagesOptions = (project: string) =>
  pagedOptions<Service>(["services", project], async (cursor, signal) =>
    content(
      await query.GET("/api/v1/services", {
        params: { query: { project_id: project, with_counts: true, limit: MAX_PAGE, cursor } },
        signal,
      }),
    ),
  );

export async function createService(body: NewService) {
  return content(await query.POST("/api/v1/services", { body }));
}

export async function updateService(project: string, id: string, body: ServiceChanges) {
  const params = { path: { service_id: id }, query: { project_id: project } };
  return content(await query.PATCH("/api/v1/services/{service_id}", { params, body }));
}

export async function deleteService(project: string, id: string) {
  const params = { path: { service_id: id }, query: { project_id: project } };
  await query.DELETE("/api/v1/services/{service_id}", { params });
}
