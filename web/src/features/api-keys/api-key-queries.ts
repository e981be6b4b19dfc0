import { content, type Query, query } from "@/lib/api/client";
import { MAX_PAGE, pagedOptions } from "@/lib/api/paged";
import { ApiProblem } from "@/lib/api/problem";
import { parseBytes } from "@/lib/text/bytes";

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

export type KeyLimits = Pick<Query["schemas"]["NewApiKey"], "max_bytes_per_s" | "daily_quota_bytes">;
export type NewKey = KeyLimits & { name: string; scopes: Scope[]; expires_at: string | null };

/** Creates a key and returns its whole text, which the server shows only now. */
export async function createApiKey(project: string, key: NewKey): Promise<string> {
  return content(await query.POST("/api/v1/api-keys", { body: { project_id: project, ...key } })).key;
}

export async function updateApiKey(id: string, changes: KeyLimits & { name: string }) {
  await query.PATCH("/api/v1/api-keys/{key_id}", { params: { path: { key_id: id } }, body: changes });
}

/** Replaces a key and returns the whole text of the new one. The old key works for so many more hours. */
export async function rotateApiKey(id: string, graceHours: number): Promise<string> {
  const params = { path: { key_id: id } };
  const body = { grace_hours: graceHours };
  return content(await query.POST("/api/v1/api-keys/{key_id}/rotate", { params, body })).key;
}

export async function revokeApiKey(id: string) {
  await query.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id: id } } });
}

export type KeyState = "valid" | "revoked" | "expired";

export function keyState(key: Pick<ApiKey, "revoked_at" | "expires_at">, now: Date): KeyState {
  if (key.revoked_at) return "revoked";
  return key.expires_at && Date.parse(key.expires_at) <= now.getTime() ? "expired" : "valid";
}

/** Returns what a key sent today, in UTC as its quota. */
export function usageToday(key: Pick<ApiKey, "usage">, now: Date) {
  const today = now.toISOString().slice(0, 10);
  return key.usage?.find(({ day }) => day === today) ?? null;
}

/** Returns the moment at which a key of so many days expires, or null for "never". */
export function expiryAfter(days: string, now: Date): Date | null {
  const count = Number(days);
  return Number.isInteger(count) && count > 0 ? new Date(now.getTime() + count * 86_400_000) : null;
}

export type LimitFields = { max_bytes_per_s: string; daily_quota_bytes: string };

/** Reads the limits that a person typed. Throws what the form shows at the field of a text that is no size. */
export function readLimits(fields: LimitFields): KeyLimits {
  const read = (field: keyof LimitFields) => {
    const bytes = parseBytes(fields[field]);
    if (bytes !== undefined) return bytes;
    const reason = "Write a size such as 500 kB or 2 GB.";
    throw new ApiProblem(422, reason, [{ field: `body.${field}`, reason, position: null }]);
  };
  return { max_bytes_per_s: read("max_bytes_per_s"), daily_quota_bytes: read("daily_quota_bytes") };
}
