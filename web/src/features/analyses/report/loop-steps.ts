import type { LoopStep } from "@/components/loop-strip";
import type { CiBridge } from "@/lib/api/client";
import { formatClock, formatCount, formatDuration, type Zone } from "@/lib/time/time";
import type { Analysis, Finding } from "../analysis-queries";
import { verdictName } from "./verdict-name";
import { onsets } from "./wording";

export type Dispatch = CiBridge["schemas"]["Dispatch"];

type Cause = {
  analysisId: string;
  cited: ReadonlySet<string>;
  services: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  since: number;
  until: number;
};

/** The workflow that an analysis, a cited line, or another line of its services at that time started. */
export function dispatchOf(dispatches: readonly Dispatch[], cause: Cause): Dispatch | undefined {
  const { analysisId, cited, services, since, until } = cause;
  return (
    dispatches.find((item) => item.cause?.includes(analysisId)) ??
    dispatches.find((item) => item.cause?.some((id) => cited.has(id))) ??
    dispatches.find((item) => {
      const at = Date.parse(item.created_at);
      return item.rule_id && services.has(item.service_id) && at >= since && at <= until;
    })
  );
}

function seconds(from: string | Date, to: string | Date): string | undefined {
  const difference = (new Date(to).getTime() - new Date(from).getTime()) / 1000;
  return difference < 0 ? undefined : `+${formatDuration(difference)}`;
}

/** Where an analysis stands in the loop log → explanation → workflow → log. */
export function loopSteps(
  analysis: Analysis | undefined,
  findings: readonly Finding[],
  dispatch: Dispatch | undefined,
  /** What the analyzer does now; null when it has ended. */
  doing: string | null,
  zone: Zone,
): LoopStep[] {
  const origin = onsets(findings)[0];
  const report = analysis?.report;
  return [
    {
      kind: "log",
      name: "Log",
      note: origin ? `${formatClock(origin.at, zone)} ${origin.service}` : "the lines of the filter",
      state: "done",
      delta: origin && report && analysis ? seconds(origin.at, analysis.updated_at) : undefined,
    },
    {
      kind: "explanation",
      name: "Explanation",
      note:
        doing !== null
          ? doing
          : report
            ? `${verdictName(report.verdict).toLowerCase()}, ${formatCount(report.logs_read ?? 0)} lines read`
            : analysis
              ? analysis.status
              : "not asked yet",
      state: doing !== null ? "now" : report ? "done" : "next",
      delta: dispatch && analysis ? seconds(analysis.updated_at, dispatch.created_at) : undefined,
    },
    {
      kind: "workflow",
      name: "Workflow",
      note: dispatch
        ? `${dispatch.repository} ${dispatch.workflow ?? dispatch.event_type}, ${dispatch.state}`
        : "nothing started",
      state: dispatch ? "done" : "next",
    },
    {
      kind: "log",
      name: "Log",
      note: dispatch?.run_id ? `run ${dispatch.run_id}` : "",
      state: dispatch?.run_id ? "done" : "next",
    },
  ];
}
