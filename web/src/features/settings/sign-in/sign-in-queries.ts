import { queryOptions } from "@tanstack/react-query";
import { content, type Query, query } from "@/lib/api/client";
import { ApiProblem } from "@/lib/api/problem";

export type SignInRules = Query["schemas"]["SignInRules"];

export const signInRulesOptions = queryOptions({
  queryKey: ["settings", "sign-in"],
  queryFn: async ({ signal }) => content(await query.GET("/api/v1/settings/sign-in", { signal })),
});

export async function saveSignInRules(body: SignInRules) {
  return content(await query.PUT("/api/v1/settings/sign-in", { body }));
}

export type ProviderSettings = Query["schemas"]["ProviderSettings"];
export type NewProvider = Query["schemas"]["NewProvider"];
type GroupRole = Query["schemas"]["GroupRole"];

export const providerOptions = queryOptions({
  queryKey: ["settings", "sign-on"],
  queryFn: async ({ signal }) => content(await query.GET("/api/v1/settings/sign-on", { signal })),
});

export async function saveProvider(body: NewProvider) {
  return content(await query.PUT("/api/v1/settings/sign-on", { body }));
}

export async function deleteProvider() {
  await query.DELETE("/api/v1/settings/sign-on");
}

export async function testProvider() {
  return content(await query.POST("/api/v1/settings/sign-on/test"));
}

const ROLES = ["viewer", "member", "admin"] as const;

/** Writes the roles of groups, one a line: "developers = shop: member". */
export function writeGroupRoles(roles: readonly GroupRole[]): string {
  return roles.map(({ group, project_id: project, role }) => `${group} = ${project}: ${role}`).join("\n");
}

/** Reads what `writeGroupRoles` writes. Throws what the form shows at the field of a line that it cannot read. */
export function readGroupRoles(text: string): GroupRole[] {
  return readLines(text).map((line) => {
    const match = /^(.+?)\s*=\s*([^\s:]+)\s*:\s*(\w+)$/.exec(line);
    const role = ROLES.find((name) => name === match?.[3]);
    if (!match?.[1] || !match[2] || !role) {
      const reason = `Write “group = project: viewer, member or admin”, not “${line}”.`;
      throw new ApiProblem(422, reason, [{ field: "body.group_roles", reason, position: null }]);
    }
    return { group: match[1], project_id: match[2], role };
  });
}

/** Returns the lines of a text that have content. */
export function readLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}
