import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { readAuditSearch } from "@/features/audit/audit-search";
import { choiceParam } from "@/lib/page/search-params";
import { projectRoute as project } from "./base-routes";

const layout = createRoute({
  getParentRoute: () => project,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/features/settings/settings-layout"), "SettingsLayout"),
});

const settingsHome = createRoute({
  getParentRoute: () => layout,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/projects/$project/settings/models", params });
  },
});

const readSettingsScope = (search: Record<string, unknown>): { scope?: "default" } =>
  choiceParam(search, "scope", ["default"]) ? { scope: "default" } : {};

const models = createRoute({
  getParentRoute: () => layout,
  path: "/models",
  validateSearch: readSettingsScope,
  component: lazyRouteComponent(() => import("@/features/settings/models-page"), "ModelsPage"),
});

const github = createRoute({
  getParentRoute: () => layout,
  path: "/github",
  validateSearch: readSettingsScope,
  component: lazyRouteComponent(() => import("@/features/settings/github/github-page"), "GithubPage"),
});

const retention = createRoute({
  getParentRoute: () => layout,
  path: "/retention",
  component: lazyRouteComponent(() => import("@/features/projects/retention-page"), "RetentionPage"),
});

const members = createRoute({
  getParentRoute: () => layout,
  path: "/members",
  component: lazyRouteComponent(() => import("@/features/users/members-page"), "MembersPage"),
});

const apiKeys = createRoute({
  getParentRoute: () => layout,
  path: "/api-keys",
  component: lazyRouteComponent(() => import("@/features/api-keys/api-keys-page"), "ApiKeysPage"),
});

const users = createRoute({
  getParentRoute: () => layout,
  path: "/users",
  component: lazyRouteComponent(() => import("@/features/users/users-page"), "UsersPage"),
});

const signIn = createRoute({
  getParentRoute: () => layout,
  path: "/sign-in",
  component: lazyRouteComponent(
    () => import("@/features/settings/sign-in/sign-in-settings-page"),
    "SignInSettingsPage",
  ),
});

const audit = createRoute({
  getParentRoute: () => layout,
  path: "/audit",
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import("@/features/audit/audit-page"), "AuditPage"),
});

const deadLetters = createRoute({
  getParentRoute: () => layout,
  path: "/dead-letters",
  component: lazyRouteComponent(() => import("@/features/dead-letters/dead-letters-page"), "DeadLettersPage"),
});

const appearance = createRoute({
  getParentRoute: () => layout,
  path: "/appearance",
  component: lazyRouteComponent(() => import("@/features/settings/appearance-page"), "AppearancePage"),
});

const about = createRoute({
  getParentRoute: () => layout,
  path: "/about",
  component: lazyRouteComponent(() => import("@/features/settings/about-page"), "AboutPage"),
});

/** All pages below /projects/$project/settings. */
export const settingsRoute = layout.addChildren([
  settingsHome,
  models,
  github,
  retention,
  members,
  apiKeys,
  users,
  signIn,
  audit,
  deadLetters,
  appearance,
  about,
]);
