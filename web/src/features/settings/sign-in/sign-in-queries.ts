import { queryOptions } from "@tanstack/react-query";
import { content, type Query, query } from "@/lib/api/client";

export type SignInRules = Query["schemas"]["SignInRules"];

export const signInRulesOptions = queryOptions({
  queryKey: ["settings", "sign-in"],
  queryFn: async ({ signal }) => content(await query.GET("/api/v1/settings/sign-in", { signal })),
});

export async function saveSignInRules(body: SignInRules) {
  return content(await query.PUT("/api/v1/settings/sign-in", { body }));
}
