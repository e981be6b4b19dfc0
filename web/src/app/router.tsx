import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { readDispatchSearch, readRuleSearch, readRunSearch, readRunsSearch } from "@/features/ci/ci-search";
import { readLogsSearch } from "@/features/logs/logs-search";
import { ApiProblem } from "@/lib/problem";
import { parseSearch, stringifySearch, textParam } from "@/lib/search-params";
import { sessionOptions } from "@/lib/session";
import { readStored } from "@/lib/storage";
import { NotFound, RouteProblem } from "./route-problem";
import { Shell } from "./shell";

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>) => ({ next: textParam(search, "next") }),
  component: lazyRouteComponent(() => import("@/features/account/sign-in-page"), "SignInPage"),
});

/** Everything behind the sign-in. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      const session = await context.queryClient.ensureQueryData(sessionOptions);
      if (session.must_change_password && location.pathname !== "/account/password") {
        throw redirect({ to: "/account/password", search: { next: location.href } });
      }
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) {
        throw redirect({
          to: "/sign-in",
          search: { next: location.href === "/" ? undefined : location.href },
        });
      }
      throw error;
    }
  },
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

const project = createRoute({
  getParentRoute: () => signedIn,
  path: "/projects/$project",
  component: Outlet,
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

const ci = createRoute({
  getParentRoute: () => project,
  path: "/ci",
  component: lazyRouteComponent(() => import("@/features/ci/ci-layout"), "CiLayout"),
});

const ciHome = createRoute({
  getParentRoute: () => ci,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/projects/$project/ci/rules", params });
  },
});

const pipelines = createRoute({
  getParentRoute: () => ci,
  path: "/pipelines",
  component: lazyRouteComponent(() => import("@/features/ci/pipelines/pipelines-page"), "PipelinesPage"),
});

const rules = createRoute({
  getParentRoute: () => ci,
  path: "/rules",
  component: lazyRouteComponent(() => import("@/features/ci/rules/rules-page"), "RulesPage"),
});

const newRule = createRoute({
  getParentRoute: () => ci,
  path: "/rules/new",
  validateSearch: readRuleSearch,
  component: lazyRouteComponent(() => import("@/features/ci/rules/rule-page"), "NewRulePage"),
});

const rule = createRoute({
  getParentRoute: () => ci,
  path: "/rules/$rule",
  validateSearch: readRuleSearch,
  component: lazyRouteComponent(() => import("@/features/ci/rules/rule-page"), "RulePage"),
});

const chains = createRoute({
  getParentRoute: () => ci,
  path: "/chains",
  component: lazyRouteComponent(() => import("@/features/ci/chains/chains-page"), "ChainsPage"),
});

const chain = createRoute({
  getParentRoute: () => ci,
  path: "/chains/$chain",
  component: lazyRouteComponent(() => import("@/features/ci/chains/chains-page"), "ChainsPage"),
});

const dispatches = createRoute({
  getParentRoute: () => ci,
  path: "/dispatches",
  validateSearch: readDispatchSearch,
  component: lazyRouteComponent(() => import("@/features/ci/dispatches/dispatches-page"), "DispatchesPage"),
});

const runs = createRoute({
  getParentRoute: () => ci,
  path: "/runs",
  validateSearch: readRunsSearch,
  component: lazyRouteComponent(() => import("@/features/ci/runs/runs-page"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => ci,
  path: "/runs/$run",
  validateSearch: readRunSearch,
  component: lazyRouteComponent(() => import("@/features/ci/runs/run-page"), "RunPage"),
});

const templates = createRoute({
  getParentRoute: () => ci,
  path: "/templates",
  component: lazyRouteComponent(() => import("@/features/ci/templates/templates-page"), "TemplatesPage"),
});

/** The address of a run as rules and the command line print it. */
const runLink = createRoute({
  getParentRoute: () => project,
  path: "/runs/$run",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/projects/$project/ci/runs/$run", params });
  },
});

const ciRoutes = ci.addChildren([
  ciHome,
  pipelines,
  rules,
  newRule,
  rule,
  chains,
  chain,
  dispatches,
  runs,
  run,
  templates,
]);

const routeTree = root.addChildren([
  signIn,
  signedIn.addChildren([
    home,
    changePassword,
    projects,
    project.addChildren([projectHome, logs, log, analyses, analysis, ciRoutes, runLink]),
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
