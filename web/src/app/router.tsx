import type { QueryClient } from "@tanstack/react-query";
import { createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { readLogsSearch } from "@/features/logs/logs-search";
import { sessionOptions } from "@/lib/api/session";
import { parseSearch, stringifySearch, textParam } from "@/lib/page/search-params";
import { readStored } from "@/lib/page/storage";
import { rootRoute as root, signedInRoute as signedIn } from "./routes/base-routes";
import { projectRoutes } from "./routes/project-routes";
import { NotFound, RouteProblem } from "./routes/route-problem";

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next: string | undefined; problem?: string } => {
    const problem = textParam(search, "problem");
    return { next: textParam(search, "next"), ...(problem ? { problem } : {}) };
  },
  component: lazyRouteComponent(() => import("@/features/account/sign-in-page"), "SignInPage"),
});

const home = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  validateSearch: (search: Record<string, unknown>) => search,
  beforeLoad: async ({ context, search }) => {
    const session = await context.queryClient.ensureQueryData(sessionOptions);
    const wanted = textParam(search, "project") ?? readStored("project");
    const projects = session.projects.map((project) => project.project_id);
    const project = projects.find((id) => id === wanted) ?? projects[0];
    if (!project) throw redirect({ to: "/projects" });
    throw redirect({ to: "/projects/$project/logs", params: { project }, search: readLogsSearch(search) });
  },
});

const changePassword = createRoute({
  getParentRoute: () => signedIn,
  path: "/account/password",
  validateSearch: (search: Record<string, unknown>) => ({ next: textParam(search, "next") }),
  component: lazyRouteComponent(() => import("@/features/account/password-page"), "PasswordPage"),
});

const twoFactor = createRoute({
  getParentRoute: () => signedIn,
  path: "/account/two-factor",
  validateSearch: (search: Record<string, unknown>) => ({ next: textParam(search, "next") }),
  component: lazyRouteComponent(() => import("@/features/account/two-factor-page"), "TwoFactorPage"),
});

const projects = createRoute({
  getParentRoute: () => signedIn,
  path: "/projects",
  component: lazyRouteComponent(() => import("@/features/projects/projects-page"), "ProjectsPage"),
});

/** Where GitHub sends people back after it created or installed an App. */
const githubApp = createRoute({
  getParentRoute: () => signedIn,
  path: "/github-app",
  validateSearch: (search: Record<string, unknown>): { code?: string; state?: string } => {
    const [code, state] = [textParam(search, "code"), textParam(search, "state")];
    return code && state ? { code, state } : {};
  },
  component: lazyRouteComponent(() => import("@/features/settings/github/github-app-page"), "GithubAppPage"),
});

const routeTree = root.addChildren([
  signIn,
  signedIn.addChildren([home, changePassword, twoFactor, projects, githubApp, projectRoutes]),
]);

/** Returns the router of the app. Values in the address are text, never numbers. */
export function createAppRouter(queryClient: QueryClient) {
  const router = createRouter({
    routeTree,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultPreload: false,
    defaultErrorComponent: RouteProblem,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: false,
  });
  // The code of the page loads while the session is asked for.
  const [matched] = router.getMatchedRoutes(location.pathname);
  for (const route of matched) void route.options.component?.preload?.();
  return router;
}
