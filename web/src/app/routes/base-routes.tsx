import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, Outlet, redirect } from "@tanstack/react-router";
import { ApiProblem } from "@/lib/api/problem";
import { sessionOptions } from "@/lib/api/session";
import { Shell } from "../shell/shell";

export const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Outlet });

/** Everything behind the sign-in. */
export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      const session = await context.queryClient.ensureQueryData(sessionOptions);
      if (session.must_change_password && location.pathname !== "/account/password") {
        throw redirect({ to: "/account/password", search: { next: location.href } });
      }
      if (
        !session.must_change_password &&
        session.must_set_up_two_factor &&
        location.pathname !== "/account/two-factor"
      ) {
        throw redirect({ to: "/account/two-factor", search: { next: location.href } });
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

/** Everything that belongs to one project. */
export const projectRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/projects/$project",
  component: Outlet,
});
