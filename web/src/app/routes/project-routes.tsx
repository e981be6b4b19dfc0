import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { readLogsSearch } from "@/features/logs/logs-search";
import { readMetricsSearch } from "@/features/metrics/metrics-search";
import { readServicesSearch } from "@/features/services/services-search";
import { readTestsSearch } from "@/features/tests/tests-search";
import { projectRoute } from "./base-routes";
import { ciRoute } from "./ci-routes";
import { settingsRoute } from "./settings-routes";

const projectHome = createRoute({
  getParentRoute: () => projectRoute,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/projects/$project/logs", params });
  },
});

const logs = createRoute({
  getParentRoute: () => projectRoute,
  path: "/logs",
  validateSearch: readLogsSearch,
  component: lazyRouteComponent(() => import("./logs-route"), "LogsRoute"),
});

const log = createRoute({
  getParentRoute: () => projectRoute,
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
  getParentRoute: () => projectRoute,
  path: "/analyses",
  component: lazyRouteComponent(() => import("@/features/analyses/analyses-page"), "AnalysesPage"),
});

const analysis = createRoute({
  getParentRoute: () => projectRoute,
  path: "/analyses/$analysis",
  component: lazyRouteComponent(() => import("@/features/analyses/analysis-page"), "AnalysisPage"),
});

/** The address of a run as rules and the command line print it. */
const runLink = createRoute({
  getParentRoute: () => projectRoute,
  path: "/runs/$run",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/projects/$project/ci/runs/$run", params });
  },
});

const tests = createRoute({
  getParentRoute: () => projectRoute,
  path: "/tests",
  validateSearch: readTestsSearch,
  component: lazyRouteComponent(() => import("@/features/tests/tests-page"), "TestsPage"),
});

const metrics = createRoute({
  getParentRoute: () => projectRoute,
  path: "/metrics",
  validateSearch: readMetricsSearch,
  component: lazyRouteComponent(() => import("@/features/metrics/metrics-page"), "MetricsPage"),
});

const services = createRoute({
  getParentRoute: () => projectRoute,
  path: "/services",
  validateSearch: readServicesSearch,
  component: lazyRouteComponent(() => import("@/features/services/services-page"), "ServicesPage"),
});

/** All pages of one project. */
export const projectRoutes = projectRoute.addChildren([
  projectHome,
  logs,
  log,
  analyses,
  analysis,
  ciRoute,
  runLink,
  tests,
  metrics,
  services,
  settingsRoute,
]);
