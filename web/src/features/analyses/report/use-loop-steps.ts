import { useQuery } from "@tanstack/react-query";
import type { LoopStep } from "@/components/loop-strip";
import type { Zone } from "@/lib/time/time";
import { type Analysis, dispatchesOptions, type Finding } from "../analysis-queries";
import { dispatchOf, loopSteps } from "./loop-steps";

const AFTER_MS = 10 * 60_000;

/** The steps of the loop around an analysis, with the workflow that it or its lines started. */
export function useLoopSteps(
  analysis: Analysis,
  findings: readonly Finding[],
  doing: string | null,
  zone: Zone,
): LoopStep[] {
  const dispatches = useQuery(dispatchesOptions(analysis.project_id));
  const { scope } = analysis;
  const dispatch = dispatchOf(dispatches.data ?? [], {
    analysisId: analysis.id,
    cited: new Set(findings.flatMap(({ evidence }) => evidence ?? [])),
    services: new Set(findings.flatMap(({ service_id: service }) => service ?? [])),
    since: Date.parse(scope.since),
    until: Date.parse(scope.until) + AFTER_MS,
  });
  return loopSteps(analysis, findings, dispatch, doing, zone);
}
