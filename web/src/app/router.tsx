import type { QueryClient } from "@tanstack/react-query";
import { createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import {
  readApprovalsSearch,
  readDispatchSearch,
  readEmulateSearch,
  readNotificationSearch,
  readRuleSearch,
  readRunSearch,
  readRunsSearch,
} from "@/features/ci/ci-search";
import { readLogsSearch } from "@/features/logs/logs-search";
import { readMetricsSearch } from "@/features/metrics/metrics-search";
import { readServicesSearch } from "@/features/services/services-search";
import { readTestsSearch } from "@/features/tests/tests-search";
import { sessionOptions } from "@/lib/api/session";
import { parseSearch, stringifySearch, textParam } from "@/lib/page/search-params";
import { readStored } from "@/lib/page/storage";
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

const emulate = createRoute({
  getParentRoute: () => ci,
  path: "/emulate",
  validateSearch: readEmulateSearch,
  component: lazyRouteComponent(() => import("@/features/ci/emulations/emulate-page"), "EmulatePage"),
});

const approvals = createRoute({
  getParentRoute: () => ci,
  path: "/approvals",
  validateSearch: readApprovalsSearch,
  component: lazyRouteComponent(() => import("@/features/ci/emulations/approvals-page"), "ApprovalsPage"),
});

const workflows = createRoute({
  getParentRoute: () => ci,
  path: "/workflows",
  component: lazyRouteComponent(() => import("@/features/ci/workflows/workflows-page"), "WorkflowsPage"),
});

const workflowCheck = createRoute({
  getParentRoute: () => ci,
  path: "/workflows/check",
  component: lazyRouteComponent(() => import("@/features/ci/workflows/check-page"), "CheckPage"),
});

const workflow = createRoute({
  getParentRoute: () => ci,
  path: "/workflows/$file",
  component: lazyRouteComponent(() => import("@/features/ci/workflows/workflow-page"), "WorkflowPage"),
});

const receivers = createRoute({
  getParentRoute: () => ci,
  path: "/receivers",
  component: lazyRouteComponent(() => import("@/features/ci/receivers/receivers-page"), "ReceiversPage"),
});

const notifications = createRoute({
  getParentRoute: () => ci,
  path: "/notifications",
  validateSearch: readNotificationSearch,
  component: lazyRouteComponent(
    () => import("@/features/ci/notifications/notifications-page"),
    "NotificationsPage",
  ),
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
  receivers,
  notifications,
  templates,
  emulate,
  approvals,
  workflows,
  workflowCheck,
  workflow,
]);

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
    githubApp,
    project.addChildren([
      projectHome,
      logs,
      log,
      analyses,
      analysis,
      ciRoutes,
      runLink,
      tests,
      metrics,
      services,
      settingsRoute,
    ]),
  ]),
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
