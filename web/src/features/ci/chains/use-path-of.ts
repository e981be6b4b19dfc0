import { useRouter } from "@tanstack/react-router";
import type { ChainEvent } from "./timeline";

/** Returns the address of what an event of a chain is about; null when it has no page. */
export function usePathOf(project: string): (event: ChainEvent) => string | null {
  const router = useRouter();
  return (event) => {
    switch (event.kind) {
      case "log":
        return router.buildLocation({
          to: "/projects/$project/logs/$log",
          params: { project, log: event.id },
        }).href;
      case "rule":
        return event.dispatch.rule_id
          ? router.buildLocation({
              to: "/projects/$project/ci/rules/$rule",
              params: { project, rule: event.dispatch.rule_id },
            }).href
          : null;
      case "analysis":
        return router.buildLocation({
          to: "/projects/$project/analyses/$analysis",
          params: { project, analysis: event.id },
        }).href;
      case "blocked":
        return router.buildLocation({
          to: "/projects/$project/ci/rules/$rule",
          params: { project, rule: event.blocked.rule_id },
        }).href;
      case "dispatch":
        return router.buildLocation({
          to: "/projects/$project/ci/dispatches",
          params: { project },
          search: { open: event.dispatch.id },
        }).href;
      case "run":
      case "output":
        return router.buildLocation({
          to: "/projects/$project/ci/runs/$run",
          params: { project, run: event.run.run_id },
        }).href;
      default:
        return null;
    }
  };
}
