import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import {
  readApprovalsSearch,
  readDispatchSearch,
  readEmulateSearch,
  readNotificationSearch,
  readRuleSearch,
  readRunSearch,
  readRunsSearch,
} from "@/features/ci/ci-search";
import { projectRoute as project } from "./base-routes";

const layout = createRoute({
  getParentRoute: () => project,
  path: "/ci",
  component: lazyRouteComponent(() => import("@/features/ci/ci-layout"), "CiLayout"),
});

const ciHome = createRoute({
  getParentRoute: () => layout,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/projects/$project/ci/rules", params });
  },
});

const pipelines = createRoute({
  getParentRoute: () => layout,
  path: "/pipelines",
  component: lazyRouteComponent(() => import("@/features/ci/pipelines/pipelines-page"), "PipelinesPage"),
});

const rules = createRoute({
  getParentRoute: () => layout,
  path: "/rules",
  component: lazyRouteComponent(() => import("@/features/ci/rules/rules-page"), "RulesPage"),
});

const newRule = createRoute({
  getParentRoute: () => layout,
  path: "/rules/new",
  validateSearch: readRuleSearch,
  component: lazyRouteComponent(() => import("@/features/ci/rules/rule-page"), "NewRulePage"),
});

const rule = createRoute({
  getParentRoute: () => layout,
  path: "/rules/$rule",
  validateSearch: readRuleSearch,
  component: lazyRouteComponent(() => import("@/features/ci/rules/rule-page"), "RulePage"),
});

const chains = createRoute({
  getParentRoute: () => layout,
  path: "/chains",
  component: lazyRouteComponent(() => import("@/features/ci/chains/chains-page"), "ChainsPage"),
});

const chain = createRoute({
  getParentRoute: () => layout,
  path: "/chains/$chain",
  component: lazyRouteComponent(() => import("@/features/ci/chains/chains-page"), "ChainsPage"),
});

const dispatches = createRoute({
  getParentRoute: () => layout,
  path: "/dispatches",
  validateSearch: readDispatchSearch,
  component: lazyRouteComponent(() => import("@/features/ci/dispatches/dispatches-page"), "DispatchesPage"),
});

const runs = createRoute({
  getParentRoute: () => layout,
  path: "/runs",
  validateSearch: readRunsSearch,
  component: lazyRouteComponent(() => import("@/features/ci/runs/runs-page"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => layout,
  path: "/runs/$run",
  validateSearch: readRunSearch,
  component: lazyRouteComponent(() => import("@/features/ci/runs/run-page"), "RunPage"),
});

const receivers = createRoute({
  getParentRoute: () => layout,
  path: "/receivers",
  component: lazyRouteComponent(() => import("@/features/ci/receivers/receivers-page"), "ReceiversPage"),
});

const notifications = createRoute({
  getParentRoute: () => layout,
  path: "/notifications",
  validateSearch: readNotificationSearch,
  component: lazyRouteComponent(
    () => import("@/features/ci/notifications/notifications-page"),
    "NotificationsPage",
  ),
});

const templates = createRoute({
  getParentRoute: () => layout,
  path: "/templates",
  component: lazyRouteComponent(() => import("@/features/ci/templates/templates-page"), "TemplatesPage"),
});

const emulate = createRoute({
  getParentRoute: () => layout,
  path: "/emulate",
  validateSearch: readEmulateSearch,
  component: lazyRouteComponent(() => import("@/features/ci/emulations/emulate-page"), "EmulatePage"),
});

const approvals = createRoute({
  getParentRoute: () => layout,
  path: "/approvals",
  validateSearch: readApprovalsSearch,
  component: lazyRouteComponent(() => import("@/features/ci/emulations/approvals-page"), "ApprovalsPage"),
});

const workflows = createRoute({
  getParentRoute: () => layout,
  path: "/workflows",
  component: lazyRouteComponent(() => import("@/features/ci/workflows/workflows-page"), "WorkflowsPage"),
});

const workflowCheck = createRoute({
  getParentRoute: () => layout,
  path: "/workflows/check",
  component: lazyRouteComponent(() => import("@/features/ci/workflows/check-page"), "CheckPage"),
});

const workflow = createRoute({
  getParentRoute: () => layout,
  path: "/workflows/$file",
  component: lazyRouteComponent(() => import("@/features/ci/workflows/workflow-page"), "WorkflowPage"),
});

/** All pages below /projects/$project/ci. */
export const ciRoute = layout.addChildren([
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
