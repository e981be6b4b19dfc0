import { readEvents, type ServerEvent } from "@/lib/api/event-stream";
import { type ApiProblem, asProblem } from "@/lib/api/problem";
import type { Finding } from "../analysis-queries";

/** One step of the analyzer; `seconds` is how long it took, if it was seen to happen. */
export type Step = { stage: string; text: string; seconds: number | null };
export type TurnEnd = "completed" | "failed" | "cancelled";
/** What the analyzer did for the report (turn 0) or for one follow-up question. */
export type Turn = {
  number: number;
  steps: readonly Step[];
  findings: readonly Finding[];
  /** The model's words so far. They are not checked yet. */
  text: string;
  end: TurnEnd | null;
  failure: string | null;
};
export type StreamSnapshot = {
  state: "connecting" | "open" | "waiting" | "ended" | "failed";
  problem: ApiProblem | null;
  turns: readonly Turn[];
  /** When the first step of the running turn arrived, in milliseconds since 1970. */
  startedAt: number | null;
};

const FLUSH_MS = 70;
/** Events that come together happened before; how long their steps took is not known. */
const MEASURABLE_MS = 20;
const RETRY_MS = [500, 1000, 2000, 4000];
const STEP_STAGES = new Set(["started", "reading", "evidence", "asking", "verifying"]);

type Progress = { turn?: number; stage?: string; text?: string | null; finding?: Finding | null };

function newTurn(number: number): Turn {
  return { number, steps: [], findings: [], text: "", end: null, failure: null };
}

/** Adds one event to a turn. `seconds` is the time since the event before it, null for events of the past. */
export function addEvent(turn: Turn, event: string, data: Progress & Failure, seconds: number | null): Turn {
  if (event === "progress") {
    if (data.finding) return { ...turn, findings: [...turn.findings, data.finding] };
    if (data.stage === "answering") return { ...turn, text: turn.text + (data.text ?? "") };
    if (!STEP_STAGES.has(data.stage ?? "")) return turn;
    const before = turn.steps.slice(0, -1);
    const last = turn.steps.at(-1);
    const done = last ? [...before, { ...last, seconds }] : [];
    // A model that is asked again with less evidence starts its answer again.
    const text = data.stage === "asking" ? "" : turn.text;
    return {
      ...turn,
      text,
      steps: [...done, { stage: data.stage ?? "", text: data.text ?? "", seconds: null }],
    };
  }
  if (event !== "completed" && event !== "failed" && event !== "cancelled") return turn;
  const last = turn.steps.at(-1);
  const steps = last && seconds !== null ? [...turn.steps.slice(0, -1), { ...last, seconds }] : turn.steps;
  return { ...turn, steps, end: event, failure: data.detail ?? null };
}
type Failure = { detail?: string | null };

/**
 * Follows one analysis. It lives outside React: pieces of text collect, and subscribers are told about 14 times a second.
 * After an interruption it continues where it stopped.
 */
export class AnalysisStream {
  #snapshot: StreamSnapshot = { state: "connecting", problem: null, turns: [], startedAt: null };
  readonly #listeners = new Set<() => void>();
  readonly #url: string;
  #turns = new Map<number, Turn>();
  #steppedAt: number | null = null;
  #lastId: string | undefined;
  #control: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(id: string) {
    this.#url = `/api/v1/logs/analyses/${encodeURIComponent(id)}/events`;
  }

  readonly snapshot = (): StreamSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Starts following, or continues after a turn has ended. `live` means that events are new from now on. */
  start(live: boolean): void {
    this.stop();
    this.#steppedAt = live ? Date.now() : null;
    const control = new AbortController();
    this.#control = control;
    void this.#follow(control.signal);
  }

  stop(): void {
    this.#control?.abort();
    this.#control = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        let finished = true; // 204: every event was sent before.
        for await (const events of readEvents(this.#url, signal, this.#lastId)) {
          attempt = 0;
          finished = this.#take(events);
          if (this.#snapshot.state !== "open") this.#publish({ state: "open", problem: null });
        }
        if (finished) return this.#publish({ state: "ended", problem: null, startedAt: null });
      } catch (error) {
        if (signal.aborted) return;
        const problem = asProblem(error);
        if (!problem.isOutage) return this.#publish({ state: "failed", problem });
        this.#publish({ state: "waiting", problem });
      }
      const delay = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 4000;
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }

  /** Takes events; returns whether the server said that no more will come. */
  #take(events: readonly ServerEvent[]): boolean {
    let finished = false;
    for (const { event, data, id } of events) {
      if (id !== undefined) this.#lastId = id;
      const value = JSON.parse(data) as Progress & Failure & { reason?: string };
      if (event === "bye") {
        finished = value.reason !== "stopping";
        continue;
      }
      const number = value.turn ?? Number(id?.split(".")[0] ?? 0);
      const now = Date.now();
      const isStep = !value.finding && value.stage !== "answering";
      const elapsed = this.#steppedAt === null ? 0 : now - this.#steppedAt;
      const seconds = elapsed < MEASURABLE_MS ? null : elapsed / 1000;
      this.#turns.set(number, addEvent(this.#turns.get(number) ?? newTurn(number), event, value, seconds));
      if (isStep && this.#steppedAt !== null) this.#steppedAt = now;
      if (event !== "progress") this.#steppedAt = null;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#publish({});
    }, FLUSH_MS);
    return finished;
  }

  #publish(change: Partial<StreamSnapshot>): void {
    const turns = [...this.#turns.values()].sort((a, b) => a.number - b.number);
    const startedAt = this.#steppedAt === null ? null : (this.#snapshot.startedAt ?? Date.now());
    this.#snapshot = { ...this.#snapshot, turns, startedAt, ...change };
    for (const listener of this.#listeners) listener();
  }
}
