import { content, type Query, query } from "@/lib/api/client";
import { MAX_PAGE, pagedOptions } from "@/lib/api/paged";
import type { Role } from "./user-queries";

export type Member = Query["schemas"]["Member"];

export const memberPagesOptions = (project: string) =>
  pagedOptions<Member>(["members", project], async (cursor, signal) =>
    content(
      await query.GET("/api/v1/projects/{project_id}/members", {
        params: { path: { project_id: project }, query: { limit: MAX_PAGE, cursor } },
        signal,
      }),
    ),
  );

export async function addMember(project: string, email: string, role: Role): Promise<Member> {
  const params = { path: { project_id: project } };
  return content(
    await query.POST("/api/v1/projects/{project_id}/members", { params, body: { email, role } }),
  );
}

export async function setRole(project: string, member: Member, role: Role): Promise<Member> {
  const params = { path: { project_id: project, user_id: member.user_id } };
  return content(
    await query.PATCH("/api/v1/projects/{project_id}/members/{user_id}", { params, body: { role } }),
  );
}

export async function removeMember(project: string, member: Member) {
  const params = { path: { project_id: project, user_id: member.user_id } };
  await query.DELETE("/api/v1/projects/{project_id}/members/{user_id}", { params });
}
