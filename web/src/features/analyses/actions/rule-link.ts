import type { AnalysisScope, Finding } from "../analysis-queries";
import { filterOf, severityOf } from "../report/wording";

/** The address of the form for a new rule, filled with the condition that a finding suggests. */
export function ruleFormHref(
  project: string,
  analysisId: string,
  scope: Pick<AnalysisScope, "q">,
  finding: Finding,
  number: number,
): string {
  const severity = severityOf(finding);
  const search = new URLSearchParams({ from: analysisId, analysis: analysisId, finding: String(number) });
  const add = (name: string, value: string | null | undefined) => value && search.set(name, value);
  add("q", [scope.q, filterOf(finding)].filter(Boolean).join(" "));
  add("service", finding.kind === "service_split" ? null : finding.service_id);
  add("pattern", finding.pattern);
  add("severity", severity);
  return `/projects/${encodeURIComponent(project)}/ci/rules/new?${search}`;
}
