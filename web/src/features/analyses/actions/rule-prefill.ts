import type { Analysis, Finding } from "../analysis-queries";
import { filterOf, severityOf, storedPattern } from "../report/wording";

/** What the form for a new rule is filled with: the condition that a finding suggests. */
export type RulePrefill = {
  analysis: string;
  q?: string;
  service?: string;
  pattern?: string;
  severity?: string;
};

/** What no condition on single lines can find again. */
const NOT_OF_LINES = new Set(["broken_step", "slow_step", "vanished_pattern", "suspicious_text"]);

/** The finding from which a rule can be made, with its number in the report. */
export function ruleFinding(analysis: Pick<Analysis, "report">): { finding: Finding; number: number } | null {
  const findings = analysis.report?.findings ?? [];
  const index = findings.findIndex(({ kind, service_id: service }) => !NOT_OF_LINES.has(kind) && service);
  const finding = findings[index];
  return finding ? { finding, number: index + 1 } : null;
}

export function rulePrefill({ id, scope }: Pick<Analysis, "id" | "scope">, finding: Finding): RulePrefill {
  const q = filterOf(finding, scope.q);
  const service = finding.kind === "service_split" ? null : finding.service_id;
  const severity = severityOf(finding);
  const pattern = storedPattern(finding);
  return {
    analysis: id,
    ...(q ? { q } : {}),
    ...(service ? { service } : {}),
    ...(pattern ? { pattern } : {}),
    ...(severity ? { severity } : {}),
  };
}
