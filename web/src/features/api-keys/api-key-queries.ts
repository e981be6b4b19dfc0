import { content, type Query, query } from "@/lib/api/client";
import { MAX_PAGE, pagedOptions } from "@/lib/api/paged";

export type ApiKey = Query["schemas"]["ApiKey"];
export type Scope = ApiKey["scopes"][number];

export const apiKeyPagesOptions = (project: string) =>
  pagedOptions<ApiKey>(["api-keys", project], async (cursor, signal) =>
    content(
      await query.GET("/api/v1/api-keys", {
        params: { query: { project_id: project, limit: MAX_PAGE, cursor } },
        signal,
      }),
    ),
  );

/** Creates a key and returns its whole text, which the server shows only now. */
export async function createApiKey(
  project: string,
  name: string,
  scopes: Scope[],
  expiresAt: Date | null,
): Promise<string> {
  const body = { project_id: project, name, scopes, expires_at: expiresAt?.toISOString() ?? null };
  return content(await query.POST("/api/v1/api-keys", { body })).key;
}

export async function revokeApiKey(id: string) {
  await query.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id: id } } });
}

export type KeyState = "valid" | "revoked" | "expired";

export function keyState(key: Pick<ApiKey, "revoked_at" | "expires_at">, now: Date): KeyState {
  if (key.revoked_at) return "revoked";
  return key.expires_at && Date.parse(key.expires_at) <= now.getTime() ? "expired" : "valid";
}

/** Returns the moment at which a key of so many days expires, or null for "never". */
export function expiryAfter(days: string, now: Date): Date | null {
  const count = Number(days);
  return Number.isInteger(count) && count > 0 ? new Date(now.getTime() + count * 86_400_000) : null;
}
