import { describe, expect, it } from "vitest";
import type { Chain } from "./chain-queries";
import { secondsAfterCause, timelineOf } from "./timeline";

const dispatch = (id: string, more: object = {}) => ({
  id,
  project_id: "shop",
  dedupe_key: id,
  correlation_id: id,
  mode: "repository_dispatch" as const,
  repository: "acme/shop",
  event_type: "logloop.payment",
  service_id: "payment",
  pipeline_id: "p1",
  created_at: "2026-01-01T12:00:01Z",
  state: "sent" as const,
  hop: 0,
  ...more,
});
const run = (id: string, more: object = {}) => ({
  run_id: id,
  project_id: "shop",
  service_id: "payment",
  repository: "acme/shop",
  status: "completed" as const,
  logs: "collected" as const,
  started_at: "2026-01-01T12:00:03Z",
  ...more,
});
const log = (id: string) => ({ id, timestamp: "2026-01-01T12:00:00Z", message: "timed out" });

function chain(links: unknown[]): Chain {
  return { links } as Chain;
}
const first = {
  parent_id: null,
  cause: { kind: "log", id: "l1", log: log("l1") },
  dispatch: dispatch("d1", { rule_id: "r1", reason: { at: "2026-01-01T12:00:00.5Z", matched: 1 } }),
  run: run("1"),
  output: { count: 2, first: [log("o1"), log("o2")] },
  blocked: [],
};

describe("the timeline of a chain", () => {
  it("leads from a log through rule, dispatch and run to its output", () => {
    const events = timelineOf(chain([first]));
    expect(events.map(({ kind, cause }) => [kind, cause])).toEqual([
      ["log", null],
      ["rule", 0],
      ["dispatch", 1],
      ["run", 2],
      ["output", 3],
    ]);
    expect(secondsAfterCause(events, 1)).toBe(0.5);
    expect(secondsAfterCause(events, 0)).toBeNull();
  });
  it("continues at the output that the next rule matched, and lists rules that a gate stopped", () => {
    const next = {
      parent_id: "d1",
      cause: { kind: "log", id: "o9", log: log("o9") },
      dispatch: dispatch("d2", { hop: 1, rule_id: "r2", state: "pending" }),
      run: null,
      output: null,
      blocked: [],
    };
    const blocked = [{ rule_id: "r3", at: "2026-01-01T12:00:09Z", gate: "max_hops" }];
    const events = timelineOf(chain([{ ...first, blocked }, next]));
    expect(events.slice(4).map(({ kind, cause }) => [kind, cause])).toEqual([
      ["output", 3],
      ["blocked", 4],
      ["rule", 4],
      ["dispatch", 6],
      ["next", 7],
    ]);
    const output = events[4];
    // The line is shown even when it is not among the first lines of the output.
    expect(output?.kind === "output" && output.lines.map(({ id }) => id)).toEqual(["o1", "o2", "o9"]);
    expect(output?.kind === "output" && output.matched.has("o9")).toBe(true);
  });
  it("begins with a person, and says what it waits for", () => {
    const link = {
      parent_id: null,
      cause: { kind: "request", id: null, by: "Ada" },
      dispatch: dispatch("d1"),
      run: run("1", { status: "in_progress", logs: "none" }),
      output: null,
      blocked: [],
    };
    const events = timelineOf(chain([link]));
    expect(events.map(({ kind }) => kind)).toEqual(["request", "dispatch", "run", "next"]);
    const last = events.at(-1);
    expect(last?.kind === "next" && last.text).toContain("output appears");
  });
  it("keeps the chain when the log is gone", () => {
    const events = timelineOf(chain([{ ...first, cause: { kind: "log", id: "l1", log: null } }]));
    expect(events[0]).toMatchObject({ kind: "log", id: "l1", log: null, at: null });
  });
});
