import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconDots, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { LoopStrip } from "@/components/loop-strip";
import { ProblemNotice } from "@/components/page/notice";
import { PageFooter } from "@/components/page/page-footer";
import { SkeletonRows } from "@/components/page/skeleton";
import { Confirm } from "@/components/records/confirm";
import { useApiRequests } from "@/lib/api/api-requests";
import { asProblem } from "@/lib/api/problem";
import { useRights } from "@/lib/api/session";
import { copyText } from "@/lib/page/clipboard";
import { formatClock, formatCount, formatDay, useZone } from "@/lib/time/time";
import { useReportCommands } from "./actions/use-report-commands";
import classes from "./analysis-page.module.css";
import { analysisOptions, type Finding, requestAnalysis, stopOrDelete } from "./analysis-queries";
import { type Citations, CitationsProvider } from "./citations/citations";
import { numberCitations } from "./citations/number-citations";
import { FollowUpChat } from "./follow-up-chat";
import { ReportBody } from "./report/report-body";
import { reportMarkdown } from "./report/report-markdown";
import { SlottedText } from "./report/slotted-text";
import { useLoopSteps } from "./report/use-loop-steps";
import { baselineTime, titleOf } from "./report/wording";
import { type AnalysisThread, useAnalysisThread } from "./thread/use-analysis-thread";

const NO_FINDINGS: readonly Finding[] = [];

/** The report of one analysis with its thread. Links of rules and of the command line lead here. */
export function AnalysisPage() {
  const { analysis: id } = useParams({ from: "/signed-in/projects/$project/analyses/$analysis" });
  return <LoadedPage key={id} id={id} />;
}

function LoadedPage({ id }: { id: string }) {
  const { project } = useParams({ from: "/signed-in/projects/$project/analyses/$analysis" });
  const thread = useAnalysisThread(id);
  const { analysis, request, stream } = thread;
  const [active, setActive] = useState<string>();
  const findings = analysis?.report?.findings ?? stream.turns[0]?.findings ?? NO_FINDINGS;
  const numbers = useMemo(
    () => numberCitations(findings, analysis?.report, analysis?.messages ?? []),
    [findings, analysis],
  );
  const citations = useMemo<Citations>(
    () => ({
      numbers,
      active,
      onShow: (logId) => {
        setActive(logId);
        document.getElementById("cited-lines")?.scrollIntoView({ block: "nearest" });
      },
      lines: new Map((analysis?.report?.evidence ?? []).map((line) => [line.log_id, line])),
    }),
    [numbers, active, analysis],
  );
  const title = analysis ? titleOf(analysis) : "Analysis";
  useEffect(() => {
    document.title = `${title} · Logloop`;
  }, [title]);
  useApiRequests([
    { name: "Analysis", method: "GET", path: `/api/v1/logs/analyses/${id}`, operation: "analysis_read" },
    {
      name: "Its events",
      method: "GET",
      path: `/api/v1/logs/analyses/${id}/events`,
      operation: "analysis_events",
    },
  ]);
  useReportCommands(analysis, numbers, citations.onShow);
  if (!analysis) {
    return (
      <>
        {request.error ? (
          <ProblemNotice
            error={request.error}
            {...(asProblem(request.error).isOutage ? { onRetry: () => void request.refetch() } : {})}
          />
        ) : (
          <SkeletonRows rows={16} />
        )}
        <p className={classes.note}>
          <Link to="/projects/$project/analyses" params={{ project }}>
            All analyses
          </Link>
        </p>
        <span className="grow" />
        <PageFooter />
      </>
    );
  }
  const usage = analysis.report?.usage;
  return (
    <CitationsProvider value={citations}>
      <ReportHead thread={thread} analysis={analysis} findings={findings} numbers={numbers} />
      <div className={classes.work}>
        <ReportBody thread={thread} analysis={analysis} findings={findings} />
        <FollowUpChat project={project} thread={thread} analysis={analysis} />
      </div>
      <PageFooter
        keys={[
          ["1…9", "show a cited line"],
          ["r", "rule from this"],
        ]}
      >
        <span>
          <b>{formatCount(analysis.report?.logs_read ?? 0)}</b> lines read,{" "}
          {formatCount(analysis.report?.baseline_logs_read ?? 0)} {baselineTime(analysis.report)}
        </span>
        <span>
          {usage
            ? `${formatCount(usage.input_tokens ?? 0)} tokens sent to ${usage.model}, ${formatCount(usage.output_tokens ?? 0)} received`
            : "no text was sent to a model"}
        </span>
      </PageFooter>
    </CitationsProvider>
  );
}

type ReportHeadProps = {
  thread: AnalysisThread;
  analysis: NonNullable<AnalysisThread["analysis"]>;
  findings: readonly Finding[];
  numbers: ReadonlyMap<string, number>;
};

function ReportHead({ thread, analysis, findings, numbers }: ReportHeadProps) {
  const { project_id: project, scope } = analysis;
  const [zone] = useZone();
  const { edit } = useRights(project);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [asksDelete, setAsksDelete] = useState(false);
  const steps = useLoopSteps(analysis, findings, thread.doing, zone);
  const again = useMutation({
    mutationFn: () => requestAnalysis(project, scope, analysis.question ?? ""),
    onSuccess: (created) => {
      queryClient.setQueryData(analysisOptions(created.id).queryKey, created);
      void navigate({
        to: "/projects/$project/analyses/$analysis",
        params: { project, analysis: created.id },
      });
    },
  });
  const remove = useMutation({
    mutationFn: () => stopOrDelete(analysis.id),
    onSuccess: async () => {
      await navigate({ to: "/projects/$project/analyses", params: { project } });
      await queryClient.invalidateQueries({ queryKey: ["analyses"] });
    },
  });
  const created = new Date(analysis.created_at);
  return (
    <>
      <header className={classes.head}>
        <div className={classes.name}>
          <div className={classes.crumb}>
            <Link className="underlined" to="/projects/$project/analyses" params={{ project }}>
              Analyses
            </Link>{" "}
            / {formatDay(created, zone)} {formatClock(created, zone).slice(0, 5)} by{" "}
            {analysis.created_by.name}
          </div>
          <b className="clip" title={titleOf(analysis)}>
            <SlottedText text={titleOf(analysis)} />
          </b>
        </div>
        <div className="grow">
          <LoopStrip steps={steps} />
        </div>
        <div className="row">
          <Button
            renderRoot={(root) => (
              <Link
                to="/projects/$project/logs"
                params={{ project }}
                search={{
                  q: scope.q || undefined,
                  from: scope.since,
                  to: scope.until,
                  analysis: analysis.id,
                }}
                {...root}
              />
            )}
          >
            Open lines
          </Button>
          {edit ? (
            <Button
              leftSection={<IconRefresh size={14} aria-hidden />}
              loading={again.isPending}
              onClick={() => again.mutate()}
            >
              Again
            </Button>
          ) : null}
          <Menu>
            <Menu.Target>
              <ActionIcon aria-label="More">
                <IconDots size={16} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => void copyText(reportMarkdown(analysis, numbers, location.origin))}>
                Copy as Markdown
              </Menu.Item>
              <Menu.Item
                onClick={() =>
                  void copyText(`${location.origin}/projects/${project}/analyses/${analysis.id}`)
                }
              >
                Copy link
              </Menu.Item>
              {edit && !thread.isRunning ? (
                <Menu.Item onClick={() => setAsksDelete(true)}>Delete…</Menu.Item>
              ) : null}
            </Menu.Dropdown>
          </Menu>
        </div>
      </header>
      {again.error ? <ProblemNotice error={again.error} /> : null}
      <Confirm
        opened={asksDelete}
        title="Delete this analysis?"
        action="Delete analysis"
        busy={remove.isPending}
        error={remove.error}
        onClose={() => setAsksDelete(false)}
        onConfirm={() => remove.mutate()}
      >
        Its report and its thread cannot be brought back. The logs stay.
      </Confirm>
    </>
  );
}
