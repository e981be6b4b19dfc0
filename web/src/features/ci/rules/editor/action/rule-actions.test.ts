import { describe, expect, it } from "vitest";
import { actionFor, actionWords, changedAction, compactAction } from "./rule-actions";

describe("the actions of a rule", () => {
  it("keeps a place for the pipeline only while nothing else is chosen", () => {
    expect(changedAction({ pipeline_id: "" }, { notify: ["r1"] })).toEqual({ notify: ["r1"] });
    expect(changedAction({ notify: ["r1"] }, { notify: [] })).toEqual({ pipeline_id: "" });
    expect(compactAction({ pipeline_id: null, cancel_run: false, analyze: null })).toEqual({
      pipeline_id: "",
    });
  });
  it("drops the template with the pipeline", () => {
    const action = { pipeline_id: "p1", template_id: "t1", cancel_run: true };
    expect(changedAction(action, { pipeline_id: null })).toEqual({ cancel_run: true });
  });
  it("drops what another subject cannot have", () => {
    const action = { pipeline_id: "p1", rerun_failed: { max_attempts: 2 }, cancel_run: true };
    expect(actionFor("logs", action)).toEqual({ pipeline_id: "p1", cancel_run: true });
    expect(actionFor("run", action)).toEqual({ pipeline_id: "p1", rerun_failed: { max_attempts: 2 } });
    expect(actionFor("analysis", action)).toEqual({ pipeline_id: "p1" });
  });
  it("says what it does", () => {
    expect(actionWords({ pipeline_id: "p1" })).toBe("starts a workflow");
    expect(actionWords({ pipeline_id: "p1", notify: ["a", "b"], cancel_run: true })).toBe(
      "starts a workflow, notifies 2 receivers and cancels the run",
    );
    expect(actionWords({})).toBe("does nothing");
  });
});
