import { IconAlertTriangle, IconCheck, IconClock, IconMinus, IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Dispatch, Run } from "./ci-queries";
import classes from "./state-mark.module.css";

export type Tone = "good" | "bad" | "caution" | "waiting" | "quiet";

const LOOKS = {
  good: [IconCheck, "ok"],
  bad: [IconX, "bad"],
  caution: [IconAlertTriangle, "caution"],
  waiting: [IconClock, "soft"],
  quiet: [IconMinus, "muted"],
} as const;

/** A state as an icon and a word, so that it does not depend on colour. */
export function StateMark({ tone, children }: { tone: Tone; children: ReactNode }) {
  const [Icon, className] = LOOKS[tone];
  return (
    <span className={`${classes.mark} ${className}`}>
      <Icon size={14} aria-hidden />
      {children}
    </span>
  );
}

export function Tag({ children }: { children: ReactNode }) {
  return <span className={classes.tag}>{children}</span>;
}

const CONCLUSIONS: Record<NonNullable<Run["conclusion"]>, [Tone, string]> = {
  success: ["good", "passed"],
  failure: ["bad", "failed"],
  timed_out: ["bad", "timed out"],
  startup_failure: ["bad", "did not start"],
  cancelled: ["caution", "cancelled"],
  action_required: ["caution", "waits for an approval"],
  skipped: ["quiet", "skipped"],
  neutral: ["quiet", "neutral"],
  stale: ["quiet", "stale"],
};

export function runState(run: Run): [tone: Tone, words: string] {
  if (run.status === "queued") return ["waiting", "queued"];
  if (run.status === "in_progress") return ["waiting", "running"];
  return run.conclusion ? CONCLUSIONS[run.conclusion] : ["quiet", "ended"];
}

/** What happened to a dispatch, in one or two words. */
export function dispatchState(dispatch: Dispatch): [tone: Tone, words: string] {
  if (dispatch.lost) return ["caution", "no run started"];
  if (dispatch.dry_run) return ["quiet", "dry run"];
  switch (dispatch.state) {
    case "sent":
      return ["good", "sent"];
    case "failed":
      return ["bad", "refused"];
    case "recorded":
      return ["quiet", "recorded only"];
    case "sending":
      return ["waiting", "sending"];
    default:
      return ["waiting", dispatch.attempts ? "waits to try again" : "waits"];
  }
}
