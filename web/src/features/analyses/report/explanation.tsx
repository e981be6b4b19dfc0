import type { Report } from "../analysis-queries";
import { CitationPills } from "../citations/citations";
import { MarkdownText } from "../text/markdown-text";
import classes from "./report.module.css";
import { afterHeadline, explains } from "./wording";

/** The checked statements of a model, each with the lines that support it and how sure the report is. */
export function Claims({ report }: { report: Report }) {
  if (!explains(report)) return null;
  return (
    <ul className={classes.findings} aria-label="Statements">
      {(report.claims ?? []).map((claim) => (
        <li key={claim.text} className={classes.item}>
          <Confidence value={claim.confidence ?? 0} />
          <span className="grow">
            {claim.text} <CitationPills logIds={claim.citations} max={5} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** How sure a statement is, as a bar and a number. */
function Confidence({ value }: { value: number }) {
  return (
    <span className="row" title={`Confidence ${value.toFixed(2)}`}>
      <span className={classes.meter} aria-hidden>
        <i style={{ width: `${Math.round(value * 100)}%` }} />
      </span>
      <span className="muted small">{value.toFixed(2)}</span>
    </span>
  );
}

/** The summary of a report; `rest` leaves out its first sentence, which is the title of the page. */
export function Summary({ report, rest = false }: { report: Report; rest?: boolean }) {
  return <MarkdownText text={rest ? afterHeadline(report.summary) : report.summary} />;
}

/** Which model wrote the report and what it cost, or why there is none. */
export function ModelNote({ report }: { report: Report }) {
  const { usage, dropped_claims: dropped = 0 } = report;
  if (report.mode !== "model" || !usage) {
    return <span>measured, no model{report.degraded_reason ? `: ${report.degraded_reason}` : ""}</span>;
  }
  return (
    <span>
      {usage.model} ({usage.provider}) · {(usage.seconds ?? 0).toFixed(1)} s ·{" "}
      {(usage.input_tokens ?? 0) + (usage.output_tokens ?? 0)} tokens
      {dropped > 0 ? ` · ${dropped} unsupported ${dropped === 1 ? "statement" : "statements"} dropped` : ""}
    </span>
  );
}

/** What to check next. Nothing here runs by itself. */
export function NextSteps({ report }: { report: Report }) {
  const steps = report.next_steps ?? [];
  if (steps.length === 0) return null;
  return (
    <ul className={classes.findings}>
      {steps.map((step) => (
        <li key={step} className={classes.item}>
          <span className={classes.box} aria-hidden />
          <span className="grow">{step}</span>
        </li>
      ))}
    </ul>
  );
}
