import { addTerm, quote } from "@/lib/text/filter-text";
import type { AnalysisScope, AnalysisSummary, Finding, Report } from "../analysis-queries";

/** Splits a text with the placeholders of a pattern into words and slots. */
export function splitSlots(text: string): { text: string; isSlot: boolean }[] {
  return text
    .split("<*>")
    .flatMap((part, index) => (index === 0 ? [part] : ["<*>", part]))
    .filter((part) => part !== "")
    .map((part) => ({ text: part === "<*>" ? "‹*›" : part, isSlot: part === "<*>" }));
}

/** The main sentence of a summary that was measured: "payment: error '…' is new, 157 entries since 01:51:00 UTC". */
export function headline(summary: string): string {
  const text = summary.replace(/^Main finding: /, "");
  // A single letter before the full stop, as in "e.g.", does not end a sentence.
  const end = /(?<=[^\s.]{2})[.!?](?=\s|$)/.exec(text);
  return end ? text.slice(0, end.index) : text;
}

/** What a summary says after its headline. */
export function afterHeadline(summary: string): string {
  const whole = summary.replace(/^Main finding: /, "");
  return whole.slice(headline(summary).length).replace(/^[.!?]\s*/, "");
}

/** What an analysis is called: its question, else its main sentence. */
export function titleOf(analysis: Pick<AnalysisSummary, "question" | "summary" | "status">): string {
  if (analysis.question) return analysis.question;
  if (analysis.summary) return headline(analysis.summary);
  return analysis.status === "failed" || analysis.status === "cancelled" ? "No report" : "What went wrong?";
}

/** How a finding differs from the time before: "new", "×3.2", "−67 %", "broken step". */
export function changeOf({ kind, count = 0, baseline_count: before = 0 }: Finding): string {
  if (kind === "broken_step") return "broken step";
  if (kind === "slow_step") return "slow step";
  if (kind === "first_error") return "origin";
  if (kind === "vanished_pattern") return "gone";
  if (kind === "suspicious_text") return "suspicious";
  if (kind === "service_split" || before === 0) return kind === "service_split" ? "share" : "new";
  if (count >= before * 2) return `×${(count / before).toFixed(count / before < 10 ? 1 : 0)}`;
  const percent = Math.round((count / before - 1) * 100);
  return `${percent < 0 ? "−" : "+"}${Math.abs(percent)} %`;
}

/** Whether the counts of a finding say what changed; those of a slow step only say what was compared. */
export function hasCounts({ kind }: Finding): boolean {
  return kind !== "slow_step";
}

/** The words of a finding without the service and the counts, which stand beside it. */
export function subjectOf(finding: Finding): string {
  if (finding.kind !== "first_error" && finding.pattern) return finding.pattern;
  const prefix = `${finding.service_id}: `;
  return finding.title.startsWith(prefix) ? finding.title.slice(prefix.length) : finding.title;
}

/** Whether a finding is about one service, whose name stands before its words. */
export function namesService({ service_id: service, kind }: Finding): boolean {
  return Boolean(service) && kind !== "service_split" && kind !== "test_split" && kind !== "suspicious_text";
}

/** The severity that a finding's title names. */
export function severityOf({ title, kind }: Finding): "error" | "warn" | "info" | "debug" | null {
  if (kind === "error_rate" || kind === "first_error" || kind === "test_split" || kind === "service_split") {
    return "error";
  }
  const found = /: (error|warn|info|debug) '/.exec(title)?.[1];
  return (found as "error" | "warn" | "info" | "debug" | undefined) ?? null;
}

/** The pattern as it is stored; null when a secret in it is masked, because no line has the masked words. */
export function storedPattern({ pattern }: Finding): string | null {
  return pattern && !/<[A-Z]{2,12}_\d+>/.test(pattern) ? pattern : null;
}

function termsOf(finding: Finding): string[] {
  const pattern = storedPattern(finding);
  return [
    finding.service_id && finding.kind !== "service_split" ? `service:${quote(finding.service_id)}` : "",
    finding.test_id ? `test:${quote(finding.test_id)}` : "",
    pattern ? `pattern:${quote(pattern)}` : "",
  ].filter(Boolean);
}

/** The filter that selects the lines of a finding among those of a scope. */
export function filterOf(finding: Finding, scopeFilter: string): string {
  return termsOf(finding).reduce(addTerm, scopeFilter);
}

const BEGINNINGS = new Set(["broken_step", "slow_step", "new_pattern", "burst", "first_error", "error_rate"]);

/** The findings that say when a service began to differ, earliest first, one for each service. */
export function onsets(findings: readonly Finding[]): { service: string; at: Date; finding: Finding }[] {
  const first = new Map<string, { service: string; at: Date; finding: Finding }>();
  for (const finding of findings) {
    if (!finding.service_id || !finding.first_seen) continue;
    if (!BEGINNINGS.has(finding.kind)) continue;
    const at = new Date(finding.first_seen);
    const known = first.get(finding.service_id);
    if (!known || at < known.at) first.set(finding.service_id, { service: finding.service_id, at, finding });
  }
  return [...first.values()].sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** The moments from the onsets' neighbourhood, for a picture of where it began. */
export function onsetSpan(
  scope: AnalysisScope,
  starts: readonly { at: Date }[],
): { since: string; until: string } {
  const since = Date.parse(scope.since);
  const until = Date.parse(scope.until);
  const first = starts[0]?.at.getTime() ?? since;
  const last = starts.at(-1)?.at.getTime() ?? first;
  const room = Math.max(30_000, (last - first) * 1.5);
  return {
    since: new Date(Math.max(since, first - room)).toISOString(),
    until: new Date(Math.min(until, last + room)).toISOString(),
  };
}

const BASELINES = {
  before: "right before",
  day: "at the same time the day before",
  week: "at the same time the week before",
};

/** When the logs were written that a report compares with. */
export function baselineTime(report: Report | null | undefined): string {
  return BASELINES[report?.baseline?.kind ?? "before"];
}

/** Whether the claims of a report say more than its findings do. */
export function explains(report: Report): boolean {
  return report.mode === "model" && (report.claims?.length ?? 0) > 0;
}
