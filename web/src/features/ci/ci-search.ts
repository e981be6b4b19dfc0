import type { RulePrefill } from "@/features/ci/rules/editor/source/rule-source";
import { choiceParam, textParam } from "@/lib/page/search-params";

// What the pages of CI show, as the address has it. What is invalid is left out.

const given = <T extends object>(search: T): T =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as T;

export const DISPATCH_STATES = ["pending", "sending", "sent", "failed", "recorded"] as const;
export type DispatchSearch = {
  state?: (typeof DISPATCH_STATES)[number] | undefined;
  rule?: string | undefined;
  pipeline?: string | undefined;
  open?: string | undefined;
};

export function readDispatchSearch(search: Record<string, unknown>): DispatchSearch {
  return given({
    state: choiceParam(search, "state", DISPATCH_STATES),
    rule: textParam(search, "rule"),
    pipeline: textParam(search, "pipeline"),
    open: textParam(search, "open"),
  });
}

export const CONCLUSIONS = ["success", "failure", "timed_out", "cancelled", "skipped"] as const;
export type RunsSearch = {
  conclusion?: (typeof CONCLUSIONS)[number] | undefined;
  pipeline?: string | undefined;
};

export function readRunsSearch(search: Record<string, unknown>): RunsSearch {
  return given({
    conclusion: choiceParam(search, "conclusion", CONCLUSIONS),
    pipeline: textParam(search, "pipeline"),
  });
}

export type RunSearch = {
  job?: string | undefined;
  step?: string | undefined;
  open?: string | undefined;
  find?: string | undefined;
};

export function readRunSearch(search: Record<string, unknown>): RunSearch {
  return given({
    job: textParam(search, "job"),
    step: textParam(search, "step"),
    open: textParam(search, "open"),
    find: textParam(search, "find"),
  });
}

export type EmulateSearch = { pipeline?: string | undefined; file?: string | undefined };

export function readEmulateSearch(search: Record<string, unknown>): EmulateSearch {
  return given({ pipeline: textParam(search, "pipeline"), file: textParam(search, "file") });
}

export type ApprovalsSearch = { open?: string | undefined };

export function readApprovalsSearch(search: Record<string, unknown>): ApprovalsSearch {
  return given({ open: textParam(search, "open") });
}

export const NOTIFICATION_STATES = ["collecting", "sending", "sent", "failed"] as const;
export type NotificationSearch = {
  state?: (typeof NOTIFICATION_STATES)[number] | undefined;
  receiver?: string | undefined;
  rule?: string | undefined;
  open?: string | undefined;
};

export function readNotificationSearch(search: Record<string, unknown>): NotificationSearch {
  return given({
    state: choiceParam(search, "state", NOTIFICATION_STATES),
    receiver: textParam(search, "receiver"),
    rule: textParam(search, "rule"),
    open: textParam(search, "open"),
  });
}

export const TEST_RANGES = ["1h", "24h", "7d"] as const;
export type RuleSearch = RulePrefill & { range?: (typeof TEST_RANGES)[number] | undefined };

export function readRuleSearch(search: Record<string, unknown>): RuleSearch {
  return given({
    q: textParam(search, "q"),
    service: textParam(search, "service"),
    pattern: textParam(search, "pattern"),
    text: textParam(search, "text"),
    severity: textParam(search, "severity"),
    analysis: textParam(search, "analysis"),
    range: choiceParam(search, "range", TEST_RANGES),
  });
}
