import { Notice, ProblemNotice } from "@/components/page/notice";
import { formatCount } from "@/lib/time/time";
import classes from "../analysis-page.module.css";
import type { Analysis, Finding } from "../analysis-queries";
import { MarkdownText } from "../text/markdown-text";
import { withoutEvidenceIds } from "../text/split-blocks";
import { StepList } from "../thread/step-list";
import type { AnalysisThread } from "../thread/use-analysis-thread";
import { CitedLines } from "./cited-lines";
import { EvidenceTable } from "./evidence-table";
import { Claims, ModelNote, NextSteps, Summary } from "./explanation";
import { OnsetChart } from "./onset-chart";
import reportClasses from "./report.module.css";
import { SlottedText } from "./slotted-text";
import { VerdictMark } from "./verdict";
import { baselineTime, explains, headline } from "./wording";

/** Verdict, where it began, evidence, what else is possible and what to check. */
export function ReportBody({
  thread,
  analysis,
  findings,
}: {
  thread: AnalysisThread;
  analysis: Analysis;
  findings: readonly Finding[];
}) {
  const { report, scope, project_id: project } = analysis;
  const { stream, isRunning } = thread;
  const first = stream.turns[0];
  const isWritten = isRunning && analysis.turn === 0;
  return (
    <div className={classes.report}>
      {stream.state === "waiting" ? <Notice tone="warn">Interrupted; connecting again.</Notice> : null}
      {stream.state === "failed" ? <ProblemNotice error={stream.problem} /> : null}
      {report ? (
        <>
          <div className={classes.title}>
            <VerdictMark verdict={report.verdict} />
            <h1>
              <SlottedText text={headline(report.summary)} />
            </h1>
          </div>
          <div className={classes.summary}>
            <Summary report={report} rest />
            <p className="muted small">
              <ModelNote report={report} />
            </p>
            {report.left_out ? <p className="caution small">{report.left_out}</p> : null}
          </div>
        </>
      ) : null}
      {isWritten ? <Writing thread={thread} /> : null}
      {!report && !isRunning ? <NoReport analysis={analysis} /> : null}
      <OnsetChart project={project} scope={scope} findings={findings} />
      {findings.length > 0 ? (
        <section aria-label="Evidence">
          <h2 className={reportClasses.heading}>
            Evidence
            <span>
              {report
                ? `${formatCount(report.logs_read ?? 0)} lines, against ${formatCount(report.baseline_logs_read ?? 0)} of the same length ${baselineTime(report)}`
                : "measured, without a model"}
            </span>
          </h2>
          <EvidenceTable project={project} scope={scope} findings={findings} />
        </section>
      ) : null}
      {report ? (
        <div className={reportClasses.columns}>
          {explains(report) ? (
            <section>
              <h2 className={reportClasses.heading}>Statements of the model</h2>
              <Claims report={report} />
            </section>
          ) : null}
          {report.next_steps?.length ? (
            <section>
              <h2 className={reportClasses.heading}>What would settle it</h2>
              <NextSteps report={report} />
            </section>
          ) : null}
        </div>
      ) : null}
      <CitedLines project={project} />
      {first && !isWritten ? (
        <section>
          <StepList turn={first} isRunning={false} />
        </section>
      ) : null}
    </div>
  );
}

/** The report while it is being made: the steps and the model's words so far. */
function Writing({ thread }: { thread: AnalysisThread }) {
  const first = thread.stream.turns[0];
  const text = withoutEvidenceIds(first?.text ?? "");
  return (
    <div className={classes.summary}>
      {first ? <StepList turn={first} isRunning /> : <p className="muted">Waiting for the analyzer.</p>}
      {text ? <MarkdownText text={text} isWriting /> : null}
    </div>
  );
}

function NoReport({ analysis }: { analysis: Analysis }) {
  const { failure, status } = analysis;
  if (status === "cancelled") return <Notice tone="info">Stopped before there was a report.</Notice>;
  return (
    <Notice tone="error">
      {failure?.detail ?? "There is no report."}
      {failure?.provider_message ? ` The provider said: ${failure.provider_message}` : ""}
    </Notice>
  );
}
