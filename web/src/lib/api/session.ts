import { queryOptions, useQuery } from "@tanstack/react-query";
import { content, type Query, query } from "./client";

export type Session = Query["schemas"]["WhoAmI"];
export type Role = "viewer" | "member" | "admin";

export const sessionOptions = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }): Promise<Session> => content(await query.GET("/api/v1/session", { signal })),
  staleTime: 60_000,
});

/** The signed-in user. Only for components below the sign-in gate. */
export function useSession(): Session | undefined {
  return useQuery(sessionOptions).data;
}

/** What the user may do in a project. */
export function useRights(projectId: string): { edit: boolean; administer: boolean; installation: boolean } {
  const session = useSession();
  const role = session?.projects.find((project) => project.project_id === projectId)?.role;
  const isAdmin = session?.is_admin ?? false;
  return {
    edit: isAdmin || role === "member" || role === "admin",
    administer: isAdmin || role === "admin",
    installation: isAdmin,
  };
}
