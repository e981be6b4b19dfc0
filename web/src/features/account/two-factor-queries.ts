import { queryOptions } from "@tanstack/react-query";
import { content, type Query, query } from "@/lib/api/client";
import type { Session } from "@/lib/api/session";

export type TwoFactorSetup = Query["schemas"]["TwoFactorSetup"];
type SecondStep = Query["schemas"]["SecondStep"];

/** Signs in, or returns the token of a sign-in that needs a code. */
export async function signIn(email: string, password: string): Promise<Session | SecondStep> {
  return content<Session | SecondStep>(await query.POST("/api/v1/session", { body: { email, password } }));
}

export async function signInWithCode(token: string, code: string): Promise<Session> {
  return content(await query.POST("/api/v1/session/code", { body: { token, code } }));
}

export const twoFactorOptions = queryOptions({
  queryKey: ["two-factor"],
  queryFn: async ({ signal }) => content(await query.GET("/api/v1/session/two-factor", { signal })),
});

export async function beginTwoFactor(password: string): Promise<TwoFactorSetup> {
  return content(await query.POST("/api/v1/session/two-factor", { body: { password } }));
}

export async function confirmTwoFactor(code: string): Promise<string[]> {
  return content(await query.POST("/api/v1/session/two-factor/confirm", { body: { code } })).recovery_codes;
}

export async function renewRecoveryCodes(password: string, code: string): Promise<string[]> {
  const body = { password, code };
  return content(await query.POST("/api/v1/session/two-factor/recovery-codes", { body })).recovery_codes;
}

export async function turnOffTwoFactor(password: string, code: string) {
  await query.POST("/api/v1/session/two-factor/turn-off", { body: { password, code } });
}
