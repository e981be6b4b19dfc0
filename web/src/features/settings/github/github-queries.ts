import { queryOptions } from "@tanstack/react-query";
import { ciBridge, content } from "@/lib/api/client";

/** The App of the stored settings and the accounts on which it is installed, as GitHub says. */
export const installationsOptions = (scope: string | undefined, app: string) =>
  queryOptions({
    queryKey: ["github", scope ?? null, "installations", app],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/github/installations", {
          params: { query: { project_id: scope } },
          signal,
        }),
      ),
    retry: false,
  });

/** The repositories that the stored credentials reach, of an App those of an installation. */
export const repositoriesOptions = (
  scope: string | undefined,
  installation: string,
  changed: string | null,
) =>
  queryOptions({
    queryKey: ["github", scope ?? null, "repositories", installation, changed],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/github/repositories", {
          params: { query: { project_id: scope, installation_id: installation || undefined } },
          signal,
        }),
      ).items,
    retry: false,
  });

/** Begins a GitHub App, and returns the page that hands its manifest to GitHub. */
export async function beginApp(
  scope: string | undefined,
  app: { name: string; organization: string; api_url: string },
) {
  const body = { project_id: scope ?? null, ...app, organization: app.organization || null };
  return content(await ciBridge.POST("/api/v1/ci/github/apps", { body }));
}

/** Exchanges the code with which GitHub sent the person back. */
export const completeApp = async (code: string, state: string) =>
  content(await ciBridge.POST("/api/v1/ci/github/apps/complete", { body: { code, state } }));
