import type { Analysis, Finding } from "../analysis-queries";

/** The finding from which a rule can be made, with its number in the report. */
export function ruleFinding(analysis: Analysis): { finding: Finding; number: number } | null {
  const findings = analysis.report?.findings ?? [];
  const index = findings.findIndex(
    ({ kind, service_id: service }) => kind !== "vanished_pattern" && kind !== "suspicious_text" && service,
  );
  const finding = findings[index];
  return finding ? { finding, number: index + 1 } : null;
}
