import { describe, expect, it } from "vitest";
import type { Log } from "../log-queries";
import { flattenAttributes, splitMessage, toRows, traceOf } from "./rows";

const log = (id: string, message: string, attributes: Log["attributes"] = null): Log => ({
  id,
  project_id: "shop",
  service_id: "cart",
  test_id: null,
  func_id: null,
  message,
  severity: "info",
  timestamp: "2026-11-26T12:00:00Z",
  source: null,
  attributes,
});

describe("toRows", () => {
  const logs = [log("1", "took 5 ms"), log("2", "took 7 ms"), log("3", "done"), log("4", "took 9 ms")];

  it("shows every line", () => {
    expect(toRows(logs, false).items).toBe(logs);
  });

  it("collapses repeats of one message into its newest line", () => {
    const again = log("5", "took 6 ms");
    const { items, repeats } = toRows([again, ...logs], true);
    expect(items.map((item) => item.id)).toEqual(["2", "3", "4"]);
    expect([...repeats]).toEqual([["2", 3]]);
  });

  it("keeps places where lines were left out", () => {
    const gap = {
      kind: "gap",
      id: "g",
      count: 12,
      from: "2026-11-26T12:00:00Z",
      to: "2026-11-26T12:00:01Z",
    } as const;
    const apart = [logs[0] as Log, gap, logs[1] as Log];
    expect(toRows(apart, true)).toEqual({ items: apart, repeats: new Map() });
  });
});

describe("a message", () => {
  it("is split into constant and variable parts without losing a character", () => {
    const text = 'POST /orders/77 answered 502 in 30.5 ms {"id":"A0012"} ünïcode';
    const parts = splitMessage(text);
    expect(parts.map((part) => part.text).join("")).toBe(text);
    expect(parts.filter((part) => part.varies).map((part) => part.text)).toEqual([
      "/orders/77",
      "502",
      "30.5",
      "A0012",
    ]);
  });

  it("has attributes as dotted paths", () => {
    const attributes = { http: { status: 502, headers: {} }, tags: ["a"], trace_id: "4bf9" };
    expect(flattenAttributes(attributes)).toEqual([
      ["http.status", "502"],
      ["http.headers", "{}"],
      ["tags", '["a"]'],
      ["trace_id", "4bf9"],
    ]);
    expect(traceOf(log("1", "x", attributes))).toEqual({ path: "trace_id", value: "4bf9" });
    expect(traceOf(log("1", "x"))).toBeNull();
  });
});
