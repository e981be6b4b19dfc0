import type { QueryClient } from "@tanstack/react-query";
import { createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { readLogsSearch } from "@/features/logs/logs-search";
import { readMetricsSearch } from "@/features/metrics/metrics-search";
import { readServicesSearch } from "@/features/services/services-search";
import { readTestsSearch } from "@/features/tests/tests-search";
import { parseSearch, stringifySearch, textParam } from "@/lib/search-params";
import { sessionOptions } from "@/lib/session";
import { readStored } from "@/lib/storage";
import { projectRoute as project, rootRoute as root, signedInRoute as signedIn } from "./base-routes";
import { NotFound, RouteProblem } from "./route-problem";
import { settingsRoute } from "./settings-routes";

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>) => ({ next: textParam(search, "next") }),
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

const projects = createRoute({
  getParentRoute: () => signedIn,
  path: "/projects",
  component: lazyRouteComponent(() => import("@/features/projects/projects-page"), "ProjectsPage"),
});

const projectHome = createRoute({
  getParentRoute: () => project,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/projects/$project/logs", params });
  },
});

const logs = createRoute({
  getParentRoute: () => project,
  path: "/logs",
  validateSearch: readLogsSearch,
  component: lazyRouteComponent(() => import("./logs-route"), "LogsRoute"),
});

const log = createRoute({
  getParentRoute: () => project,
  path: "/logs/$log",
  beforeLoad: ({ params }) => {
    throw redirect({
      to: "/projects/$project/logs",
      params: { project: params.project },
      search: { around: params.log, open: params.log },
    });
  },
});

const analyses = createRoute({
  getParentRoute: () => project,
  path: "/analyses",
  component: lazyRouteComponent(() => import("@/features/analyses/analyses-page"), "AnalysesPage"),
});

const analysis = createRoute({
  getParentRoute: () => project,
  path: "/analyses/$analysis",
  component: lazyRouteComponent(() => import("@/features/analyses/analysis-page"), "AnalysisPage"),
});

const services = createRoute({
  getParentRoute: () => project,
  path: "/services",
  validateSearch: readServicesSearch,
  component: lazyRouteComponent(() => import("@/features/services/services-page"), "ServicesPage"),
});

const tests = createRoute({
  getParentRoute: () => project,
  path: "/tests",
  validateSearch: readTestsSearch,
  component: lazyRouteComponent(() => import("@/features/tests/tests-page"), "TestsPage"),
});

const metrics = createRoute({
  getParentRoute: () => project,
  path: "/metrics",
  validateSearch: readMetricsSearch,
  component: lazyRouteComponent(() => import("@/features/metrics/metrics-page"), "MetricsPage"),
});

const routeTree = root.addChildren([
  signIn,
  signedIn.addChildren([
    home,
    changePassword,
    projects,
    project.addChildren([
      projectHome,
      logs,
      log,
      analyses,
      analysis,
      tests,
      metrics,
      services,
      settingsRoute,
    ]),
  ]),
]);

/** Returns the router of the app. Values in the address are text, never numbers. */
export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultPreload: false,
    defaultErrorComponent: RouteProblem,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: false,
  });
}
