import { type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { type Analysis, analysisOptions, isRunning } from "../analysis-queries";
import { AnalysisStream, type StreamSnapshot, type Turn } from "./analysis-stream";

const CLOSED: StreamSnapshot = { state: "connecting", problem: null, turns: [], startedAt: null };
const noSubscription = () => () => undefined;
const closed = () => CLOSED;

export type AnalysisThread = {
  analysis: Analysis | undefined;
  request: UseQueryResult<Analysis>;
  stream: StreamSnapshot;
  /** The turn that runs now, or that ended last. */
  turn: Turn | undefined;
  isRunning: boolean;
  /** What the analyzer does now in one or two words; null when it does nothing. */
  doing: string | null;
};

const STAGES: Record<string, string> = {
  started: "starting",
  reading: "reading logs",
  evidence: "measuring",
  asking: "asking the model",
  verifying: "checking citations",
};

/** An analysis as it is stored, and what the analyzer reports while it works on it. */
export function useAnalysisThread(id: string): AnalysisThread {
  const queryClient = useQueryClient();
  const request = useQuery(analysisOptions(id));
  const [followed, setFollowed] = useState<AnalysisStream | null>(null);
  useEffect(() => {
    const created = new AnalysisStream(id);
    setFollowed(created);
    return () => created.stop();
  }, [id]);
  const stream = useSyncExternalStore(followed?.subscribe ?? noSubscription, followed?.snapshot ?? closed);
  const analysis = request.data;
  const turnNumber = analysis?.turn;
  const runs = analysis !== undefined && isRunning(analysis);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn is followed from where the last one ended.
  useEffect(() => {
    if (turnNumber !== undefined) followed?.start(runs);
  }, [followed, turnNumber]);
  const turn = stream.turns.at(-1);
  const ended = turn?.end !== null && turn?.number === turnNumber;
  useEffect(() => {
    if (!(ended && runs)) return;
    void queryClient.invalidateQueries({ queryKey: ["analyses"] });
  }, [ended, runs, queryClient]);
  const runsNow = runs && !ended;
  const current = turn?.number === turnNumber ? turn : undefined;
  const stage = current?.text ? "writing" : (STAGES[current?.steps.at(-1)?.stage ?? ""] ?? "waiting");
  return { analysis, request, stream, turn, isRunning: runsNow, doing: runsNow ? stage : null };
}
