import type { AnalysisMessage, Finding, Report } from "../analysis-queries";
import { citedLogs } from "../text/split-blocks";

/**
 * Numbers the cited logs: those of the findings first, because they arrive first, then those of the explanation and of
 * the replies. So a number never changes while an analysis runs.
 */
export function numberCitations(
  findings: readonly Finding[],
  report: Report | null | undefined,
  messages: readonly AnalysisMessage[],
): Map<string, number> {
  const numbers = new Map<string, number>();
  const add = (ids: readonly string[]) => {
    for (const id of ids) if (!numbers.has(id)) numbers.set(id, numbers.size + 1);
  };
  for (const finding of report?.findings ?? findings) add(finding.evidence ?? []);
  for (const claim of report?.claims ?? []) add(claim.citations);
  for (const message of messages) if (message.role === "assistant") add(citedLogs(message.text));
  return numbers;
}
