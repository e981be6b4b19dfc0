import { lazy } from "react";
import { LogsPage } from "@/features/logs/logs-page";

const AnalyzePanel = lazy(async () => ({
  default: (await import("@/features/analyses/panel/analyze-panel")).AnalyzePanel,
}));

/** The log viewer with the Analyze panel, which loads when it opens. */
export function LogsRoute() {
  return <LogsPage analyze={AnalyzePanel} />;
}
