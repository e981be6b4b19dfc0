import { lazy } from "react";
import { RuleFromLine } from "@/features/ci/rules/rule-from-line";
import { LogsPage } from "@/features/logs/logs-page";

const AnalyzePanel = lazy(async () => ({
  default: (await import("@/features/analyses/panel/analyze-panel")).AnalyzePanel,
}));

/** The log viewer with the Analyze panel, which loads when it opens, and rules from lines. */
export function LogsRoute() {
  return <LogsPage analyze={AnalyzePanel} lineActions={(log) => <RuleFromLine log={log} />} />;
}
