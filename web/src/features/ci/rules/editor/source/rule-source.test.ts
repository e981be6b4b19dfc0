import { describe, expect, it } from "vitest";
import { constantPart, draftOfSource, prefilled, readSettings, sortErrors, sourceOf } from "./rule-source";

describe("the source of a rule", () => {
  it("round-trips a rule", () => {
    const rule = {
      name: "Time-outs",
      condition: 'log.severity == "error"',
      filter: { services: ["payment"], severities: [], contains: null },
      action: { pipeline_id: "p1", template_id: null },
      window: "10m",
    };
    expect(draftOfSource(sourceOf(rule))).toMatchObject({
      name: "Time-outs",
      condition: 'log.severity == "error"',
      filter: { services: ["payment"] },
      action: { pipeline_id: "p1" },
      window: "10m",
      cooldown: "15m",
    });
  });
  it("keeps actions that the form does not show", () => {
    const action = {
      pipeline_id: null,
      template_id: null,
      notify: ["r1"],
      analyze: { before: "5m" },
      cancel_run: false,
    };
    expect(draftOfSource(sourceOf({ name: "n", condition: "true", action }))?.action).toEqual({
      notify: ["r1"],
      analyze: { before: "5m" },
    });
  });
  it("says why settings cannot be read", () => {
    expect(readSettings("{").error).not.toBeNull();
    expect(readSettings("[]").error).toContain("object");
    expect(readSettings('{"action": {}, "condition": "true"}').error).toContain("condition");
    expect(readSettings('{"name": "x"}').error).toContain("action");
    expect(readSettings('{"action": {}, "filter": 3}').error).toContain("filter");
  });
  it("begins with what a finding knows", () => {
    const draft = draftOfSource(
      prefilled(
        { service: "payment", pattern: "pay <*> timed out", severity: "error", analysis: "a1" },
        "p1",
      ),
    );
    expect(draft).toMatchObject({
      name: "payment: pay … timed out",
      description: "From analysis a1.",
      filter: { services: ["payment"] },
      action: { pipeline_id: "p1" },
      condition: 'log.severity == "error" &&\nlog.pattern == "pay <*> timed out" &&\nstats.count > 5',
    });
  });
  it("watches the longest constant part of a line", () => {
    const text = "order A000961: connection to provider pay-eu timed out after 30141 ms";
    expect(draftOfSource(prefilled({ text, severity: "error" }, undefined))?.condition).toBe(
      'log.severity == "error" &&\nlog.message.contains("connection to provider pay-eu timed out after") &&\nstats.count > 5',
    );
    expect(constantPart("404 503")).toBe("");
  });
  it("places the server's errors", () => {
    expect(
      sortErrors([
        "line 2, column 5: undeclared reference to 'log.mesage'",
        "there is no pipeline '' in this project",
        "with max_hops 0, allow_own_runs has no effect; set max_hops to 1 or more",
        "the condition is empty",
      ]),
    ).toEqual({
      condition: [
        { text: "undeclared reference to 'log.mesage'", line: 2, column: 5 },
        { text: "the condition is empty" },
      ],
      action: ["there is no pipeline '' in this project"],
      other: ["with max_hops 0, allow_own_runs has no effect; set max_hops to 1 or more"],
    });
  });
});
