import type { CiBridge } from "@/lib/api/client";
import type { Dispatch, Log, Run } from "../ci-queries";
import type { Chain, ChainLink } from "./chain-queries";

type Schemas = CiBridge["schemas"];

/** A point of the timeline of a chain. */
export type ChainEvent = {
  key: string;
  /** When it happened; null when that is not known, or when it did not happen yet. */
  at: string | null;
  /** The event that led to it: its place in the timeline. */
  cause: number | null;
  hop: number;
} & (
  | { kind: "log"; log: Log | null; id: string }
  | { kind: "analysis"; id: string }
  | { kind: "request"; by: string | null }
  | { kind: "rule"; dispatch: Dispatch }
  | { kind: "blocked"; blocked: Schemas["BlockedRule"] }
  | { kind: "dispatch"; dispatch: Dispatch }
  | { kind: "run"; run: Run }
  | {
      kind: "output";
      run: Run;
      lines: readonly Log[];
      count: number;
      detail: string | null;
      matched: ReadonlySet<string>;
    }
  /** What may come next, and what it waits for. */
  | { kind: "next"; text: string }
);

/** Stored logs come through ci-bridge as query returns them. */
const asLog = (value: object): Log => value as Log;

/** What made the first dispatch of a chain start. Later ones are caused by output or runs that are there already. */
function causeEvents(link: ChainLink): ChainEvent[] {
  const { cause, dispatch } = link;
  const common = { key: `cause ${dispatch.id}`, cause: null, hop: dispatch.hop ?? 0 };
  if (cause.kind === "request") {
    return [{ ...common, kind: "request", at: dispatch.created_at, by: cause.by ?? null }];
  }
  const id = cause.id ?? "";
  if (cause.kind === "analysis") return [{ ...common, kind: "analysis", at: null, id }];
  const log = cause.log ? asLog(cause.log) : null;
  return cause.kind === "log" ? [{ ...common, kind: "log", at: log?.timestamp ?? null, log, id }] : [];
}

/** The lines of a run's output that made other rules fire. */
function causedBy(chain: Chain, dispatchId: string): Log[] {
  return chain.links.flatMap(({ parent_id, cause }) =>
    parent_id === dispatchId && cause.kind === "log" && cause.log ? [asLog(cause.log)] : [],
  );
}

/** Returns lines by time, each once. */
export function inOrder(lines: readonly Log[]): Log[] {
  const once = [...new Map(lines.map((line) => [line.id, line])).values()];
  return once.sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
}

/** Returns the events of a chain from its first cause to what it waits for, each after what led to it. */
export function timelineOf(chain: Chain): ChainEvent[] {
  const events: ChainEvent[] = [];
  const ends = new Map<string, number>();
  const matched = new Set(
    chain.links.flatMap(({ cause }) => (cause.kind === "log" && cause.id ? [cause.id] : [])),
  );
  const add = (event: ChainEvent): number => events.push(event) - 1;
  for (const link of chain.links) {
    const { dispatch, run, output } = link;
    const hop = dispatch.hop ?? 0;
    let last = link.parent_id ? (ends.get(link.parent_id) ?? null) : null;
    if (last === null) {
      for (const event of causeEvents(link)) last = add(event);
    }
    if (link.cause.kind !== "request") {
      const at = dispatch.reason?.at ?? dispatch.created_at;
      last = add({ key: `rule ${dispatch.id}`, kind: "rule", at, cause: last, hop, dispatch });
    }
    last = add({
      key: `dispatch ${dispatch.id}`,
      kind: "dispatch",
      at: dispatch.posted_at ?? dispatch.created_at,
      cause: last,
      hop,
      dispatch,
    });
    if (run) {
      const at = run.started_at ?? run.created_at ?? null;
      last = add({ key: `run ${run.run_id}`, kind: "run", at, cause: last, hop, run });
    }
    if (run && output && output.count > 0) {
      const lines = inOrder([...output.first.map(asLog), ...causedBy(chain, dispatch.id)]);
      last = add({
        key: `output ${run.run_id}`,
        kind: "output",
        at: lines[0]?.timestamp ?? run.updated_at ?? null,
        cause: last,
        hop,
        run,
        lines,
        count: output.count,
        detail: output.detail ?? null,
        matched,
      });
    }
    ends.set(dispatch.id, last);
    for (const blocked of link.blocked) {
      add({
        key: `blocked ${blocked.rule_id} ${blocked.at}`,
        kind: "blocked",
        at: blocked.at,
        cause: last,
        hop,
        blocked,
      });
    }
    const text = waitsFor(dispatch, run ?? null);
    if (text) add({ key: `next ${dispatch.id}`, kind: "next", at: null, cause: last, hop, text });
  }
  return events;
}

/** What a dispatch still waits for; null when everything that can come has come. */
function waitsFor(dispatch: Dispatch, run: Run | null): string | null {
  if (run) {
    if (run.status !== "completed") return "Its output appears here and in Logs when a job ends.";
    return run.logs === "waiting" || run.logs === "none" ? "Its output is being fetched from GitHub." : null;
  }
  if (dispatch.state === "pending") return "It is sent to GitHub next.";
  if (dispatch.state === "sending") return "GitHub is being asked.";
  return dispatch.state === "sent" && !dispatch.lost ? "GitHub starts the run." : null;
}

/** Returns the seconds between an event and what led to it. */
export function secondsAfterCause(events: readonly ChainEvent[], index: number): number | null {
  const event = events[index];
  const cause = event?.cause === null || event?.cause === undefined ? undefined : events[event.cause];
  if (!event?.at || !cause?.at) return null;
  return Math.max(0, (Date.parse(event.at) - Date.parse(cause.at)) / 1000);
}
