import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { CopyButton } from "@/components/copy-button";
import { LoopStrip } from "@/components/loop-strip";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import type { AnalyzeSlotProps } from "@/features/logs/analyze-slot";
import { useRights } from "@/lib/api/session";
import { useZone } from "@/lib/time/time";
import { SuggestedActions } from "../actions/suggested-actions";
import {
  type Analysis,
  analysisOptions,
  type Finding,
  modelSettingsOptions,
  requestAnalysis,
} from "../analysis-queries";
import { type Citations, CitationsProvider } from "../citations/citations";
import { numberCitations } from "../citations/number-citations";
import { Claims, ModelNote, NextSteps, Summary } from "../report/explanation";
import { FindingList } from "../report/finding-list";
import { reportMarkdown } from "../report/report-markdown";
import { SlottedText } from "../report/slotted-text";
import { useLoopSteps } from "../report/use-loop-steps";
import { VerdictMark } from "../report/verdict";
import { explains, titleOf } from "../report/wording";
import { MarkdownText } from "../text/markdown-text";
import { withoutEvidenceIds } from "../text/split-blocks";
import { Elapsed } from "../thread/elapsed";
import { FollowUpField, useFollowUp } from "../thread/follow-up";
import { MessageList } from "../thread/message-list";
import { StepList } from "../thread/step-list";
import threadClasses from "../thread/thread.module.css";
import { type AnalysisThread, useAnalysisThread } from "../thread/use-analysis-thread";
import { useStickToEnd } from "../thread/use-stick-to-end";
import classes from "./analyze-panel.module.css";
import { ConnectModel } from "./connect-model";
import type { Draft } from "./new-analysis";
import { ScopeText } from "./scope-chip";

const NO_FINDINGS: readonly Finding[] = [];

type PanelThreadProps = AnalyzeSlotProps & { onEdit: (draft: Draft) => void };

/** One analysis beside the lines that it cites. */
export function PanelThread(props: PanelThreadProps) {
  const { analysis: id, activeLine, onCitations, onShowLine } = props;
  const thread = useAnalysisThread(id);
  const { analysis, request, stream } = thread;
  const findings = analysis?.report?.findings ?? stream.turns[0]?.findings ?? NO_FINDINGS;
  const numbers = useMemo(
    () => numberCitations(findings, analysis?.report, analysis?.messages ?? []),
    [findings, analysis],
  );
  useEffect(() => {
    onCitations(numbers);
    return () => onCitations(undefined);
  }, [numbers, onCitations]);
  const citations = useMemo<Citations>(
    () => ({
      numbers,
      active: activeLine,
      onShow: onShowLine,
      lines: new Map((analysis?.report?.evidence ?? []).map((line) => [line.log_id, line])),
    }),
    [numbers, activeLine, onShowLine, analysis],
  );
  if (request.error && !analysis) {
    return <ProblemNotice error={request.error} onRetry={() => void request.refetch()} />;
  }
  if (!analysis) return <SkeletonRows rows={10} />;
  return (
    <CitationsProvider value={citations}>
      <ThreadBody {...props} thread={thread} analysis={analysis} findings={findings} numbers={numbers} />
    </CitationsProvider>
  );
}

type ThreadBodyProps = Omit<PanelThreadProps, "analysis"> & {
  thread: AnalysisThread;
  analysis: Analysis;
  findings: readonly Finding[];
  numbers: ReadonlyMap<string, number>;
};

function ThreadBody({
  project,
  onEdit,
  onOpenAnalysis,
  thread,
  analysis,
  findings,
  numbers,
}: ThreadBodyProps) {
  const queryClient = useQueryClient();
  const [zone] = useZone();
  const { edit } = useRights(project);
  const { stream, isRunning } = thread;
  const steps = useLoopSteps(analysis, findings, thread.doing, zone);
  const followUp = useFollowUp(analysis, isRunning);
  const again = useMutation({
    mutationFn: () => requestAnalysis(project, analysis.scope, analysis.question ?? ""),
    onSuccess: (created) => {
      queryClient.setQueryData(analysisOptions(created.id).queryKey, created);
      onOpenAnalysis(created.id);
    },
  });
  const first = stream.turns[0];
  const { report } = analysis;
  const scroller = useStickToEnd(`${analysis.turn} ${stream.turns.at(-1)?.text.length}`, isRunning);
  return (
    <>
      <div ref={scroller} className={threadClasses.scroll}>
        <div className={classes.loop}>
          <LoopStrip steps={steps} />
        </div>
        <section className={threadClasses.block}>
          <h3>
            <SlottedText text={titleOf(analysis)} />
          </h3>
          <div className={classes.scope}>
            <span className={classes.chip}>
              <ScopeText scope={analysis.scope} count={report?.logs_read ?? undefined} />
            </span>
            {report?.baseline_logs_read ? `against ${report.baseline_logs_read} before` : ""}
          </div>
          {report ? (
            <div className={classes.answer}>
              <VerdictMark verdict={report.verdict} />
              <Summary report={report} rest={!analysis.question} />
            </div>
          ) : null}
          {stream.state === "waiting" ? <Notice tone="warn">Interrupted; connecting again.</Notice> : null}
          {stream.state === "failed" ? <ProblemNotice error={stream.problem} /> : null}
          {again.error ? <ProblemNotice error={again.error} /> : null}
        </section>
        {analysis.status === "failed" || (analysis.status === "cancelled" && !report) ? (
          <Ended analysis={analysis} />
        ) : null}
        {findings.length > 0 ? (
          <section className={threadClasses.block} aria-label="Measured">
            <header>
              <b>Measured</b>
              <span>{findings.length} findings, no model</span>
            </header>
            <FindingList findings={findings} />
          </section>
        ) : null}
        <Explanation thread={thread} analysis={analysis} project={project} />
        {report?.next_steps?.length ? (
          <section className={threadClasses.block}>
            <header>
              <b>What would settle it</b>
            </header>
            <NextSteps report={report} />
          </section>
        ) : null}
        {first && !(isRunning && analysis.turn === 0) ? (
          <section className={threadClasses.block}>
            <StepList turn={first} isRunning={false} />
          </section>
        ) : null}
        {isRunning ? null : (
          <section className={threadClasses.block}>
            <SuggestedActions analysis={analysis} />
            <div className={threadClasses.suggestions}>
              {edit ? (
                <>
                  <Button loading={again.isPending} onClick={() => again.mutate()}>
                    Again
                  </Button>
                  <Button
                    onClick={() => onEdit({ scope: analysis.scope, question: analysis.question ?? "" })}
                  >
                    Edit and send…
                  </Button>
                </>
              ) : null}
              <CopyButton text={reportMarkdown(analysis, numbers, location.origin)} label="Markdown" />
            </div>
          </section>
        )}
        <MessageList analysis={analysis} stream={stream} isRunning={isRunning} onEdit={followUp.setDraft} />
      </div>
      <FollowUpField project={project} analysis={analysis} followUp={followUp} />
    </>
  );
}

function Ended({ analysis }: { analysis: Analysis }) {
  const { failure } = analysis;
  if (analysis.status === "cancelled") return <Notice tone="info">Stopped before there was a report.</Notice>;
  return (
    <Notice tone="error">
      {failure?.detail ?? "The analysis failed."}
      {failure?.provider_message ? ` The provider said: ${failure.provider_message}` : ""}
    </Notice>
  );
}

/** The model's words: while they arrive, or its checked statements. Without a model it says how to get one. */
function Explanation({
  thread,
  analysis,
  project,
}: {
  thread: AnalysisThread;
  analysis: Analysis;
  project: string;
}) {
  const model = useQuery(modelSettingsOptions(project));
  const { stream, isRunning } = thread;
  const first = stream.turns[0];
  const { report } = analysis;
  if (!report) {
    const text = withoutEvidenceIds(first?.text ?? "");
    return (
      <section className={threadClasses.block} aria-label="Explanation">
        <header>
          <b>Explanation</b>
          <span>{isRunning && stream.startedAt !== null ? <Elapsed since={stream.startedAt} /> : ""}</span>
        </header>
        {isRunning && first ? <StepList turn={first} isRunning /> : null}
        {isRunning && !first ? <p className="muted">Waiting for the analyzer.</p> : null}
        {text ? <MarkdownText text={text} isWriting={isRunning} /> : null}
        {text ? <p className="muted small">Citations are checked when the text is complete.</p> : null}
      </section>
    );
  }
  return (
    <section className={threadClasses.block} aria-label="Explanation">
      <header>
        <b>{explains(report) ? "Statements" : "Explanation"}</b>
        <ModelNote report={report} />
      </header>
      <Claims report={report} />
      {report.left_out ? <p className="caution small">{report.left_out}</p> : null}
      {report.mode !== "model" && model.data?.provider === "none" ? <ConnectModel project={project} /> : null}
    </section>
  );
}
