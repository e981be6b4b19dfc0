import { formatMoment } from "@/lib/time/time";
import type { Analysis } from "../analysis-queries";
import { verdictName } from "./verdict-name";
import { explains, titleOf } from "./wording";

const escaped = (text: string): string => text.replace(/[\\`*_[\]<>|#]/g, "\\$&").replace(/\s*\n\s*/g, " ");

/** Writes a report and its thread as Markdown with links to the cited lines. */
export function reportMarkdown(
  analysis: Analysis,
  numbers: ReadonlyMap<string, number>,
  origin: string,
): string {
  const page = `${origin}/projects/${analysis.project_id}`;
  const cite = (ids: readonly string[]) =>
    ids.map((id) => `[[${numbers.get(id) ?? "?"}]](${page}/logs/${encodeURIComponent(id)})`).join(" ");
  const { report, scope } = analysis;
  const lines = [
    `# ${escaped(titleOf(analysis))}`,
    "",
    `${analysis.project_id}, ${formatMoment(new Date(scope.since), "utc")} to ${formatMoment(new Date(scope.until), "utc")} UTC` +
      `${scope.q ? `, filter \`${scope.q.replaceAll("`", "'")}\`` : ""}. [Report](${page}/analyses/${analysis.id})`,
  ];
  if (report) {
    lines.push("", `**${verdictName(report.verdict)}.** ${escaped(report.summary)}`, "");
    if (explains(report)) {
      for (const claim of report.claims ?? [])
        lines.push(`- ${escaped(claim.text)} ${cite(claim.citations)}`);
      lines.push("");
    }
    if (report.findings?.length) {
      lines.push("| Finding | Before | Now | Lines |", "|---|---:|---:|---|");
      for (const finding of report.findings) {
        const { baseline_count: before = 0, count = 0, evidence = [] } = finding;
        lines.push(`| ${escaped(finding.title)} | ${before} | ${count} | ${cite(evidence.slice(0, 3))} |`);
      }
      lines.push("");
    }
    if (report.next_steps?.length) {
      lines.push("To check:", "", ...report.next_steps.map((step) => `- [ ] ${escaped(step)}`), "");
    }
  }
  for (const message of analysis.messages) {
    const cited = message.text
      .split(/\[log:([^\]\s]+)\]/)
      .map((part, index) => (index % 2 === 0 ? escaped(part) : cite([part])))
      .join("");
    lines.push(message.role === "user" ? `**Question:** ${cited}` : cited, "");
  }
  return `${lines.join("\n").trim()}\n`;
}
