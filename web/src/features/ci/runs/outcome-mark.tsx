import { IconCheck, IconCircleDashed, IconClock, IconMinus, IconX } from "@tabler/icons-react";
import type { Outcome } from "./run-output";

const LOOKS = {
  failed: [IconX, "bad"],
  passed: [IconCheck, "ok"],
  skipped: [IconMinus, "muted"],
  cancelled: [IconMinus, "caution"],
  running: [IconClock, "soft"],
  waiting: [IconCircleDashed, "muted"],
  unknown: [IconMinus, "muted"],
} as const;

/** How a job, a step or a test ended: an icon, and its word for screen readers. */
export function OutcomeMark({ outcome }: { outcome: Outcome }) {
  const [Icon, className] = LOOKS[outcome];
  return (
    <span className={className} style={{ display: "inline-flex", flex: "none" }}>
      <Icon size={14} aria-hidden />
      <span className="visually-hidden">{outcome}</span>
    </span>
  );
}
