import { content, type Query, query } from "@/lib/api/client";
import { MAX_PAGE, pagedOptions } from "@/lib/api/paged";

export type User = Query["schemas"]["User"];
export type UserChanges = Query["schemas"]["UserChanges"];
export type Membership = Query["schemas"]["Membership"];
export type NewUser = Query["schemas"]["NewUser"];
export const ROLES = ["viewer", "member", "admin"] as const;
export type Role = (typeof ROLES)[number];

export const userPagesOptions = () =>
  pagedOptions<User>(["users"], async (cursor, signal) =>
    content(await query.GET("/api/v1/users", { params: { query: { limit: MAX_PAGE, cursor } }, signal })),
  );

export async function createUser(body: NewUser) {
  return content(await query.POST("/api/v1/users", { body }));
}

export async function updateUser(id: string, body: UserChanges) {
  return content(await query.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: id } }, body }));
}

export async function deleteUser(id: string) {
  await query.DELETE("/api/v1/users/{user_id}", { params: { path: { user_id: id } } });
}

/** Sets a one-time password and returns it. */
export async function resetPassword(id: string): Promise<string> {
  const params = { path: { user_id: id } };
  const reset = content(await query.POST("/api/v1/users/{user_id}/password", { params, body: {} }));
  return reset.one_time_password ?? "";
}

/** Turns two-factor sign-in of a user off. */
export async function resetTwoFactor(id: string) {
  await query.DELETE("/api/v1/users/{user_id}/two-factor", { params: { path: { user_id: id } } });
}

/** Writes memberships as texts such as "shop=member", so that a form and its draft can hold them. */
export function membershipTexts(memberships: readonly Membership[]): string[] {
  return memberships.map(({ project_id: project, role }) => `${project}=${role}`);
}

export function readMemberships(texts: readonly string[]): Membership[] {
  return texts.flatMap((text) => {
    const [project = "", name] = text.split("=");
    const role = ROLES.find((item) => item === name);
    return project && role ? [{ project_id: project, role }] : [];
  });
}
