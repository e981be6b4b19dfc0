import { describe, expect, it } from "vitest";
import { byOutcome, flakyWords, groupByPattern, splitTestId, verdictOf, worstOf } from "./outcomes";
import type { HistoryItem, Outcome } from "./test-queries";

function item(outcome: Outcome, test = "t", pattern: string | null = null): HistoryItem {
  return {
    test_id: test,
    service_id: "tests",
    outcome,
    at: "2026-11-27T12:00:00Z",
    duration_s: 1,
    failure_pattern: pattern,
    log_id: "l",
    attempt: 1,
    retried: false,
    test_run_id: "r",
    run_id: "nightly",
    source: "pytest",
    run_started_at: "2026-11-27T12:00:00Z",
    branch: null,
    commit: null,
    environment: null,
  };
}
const history = (text: string) =>
  [...text].map((letter) => item(letter === "P" ? "passed" : letter === "F" ? "failed" : "skipped"));

describe("tests", () => {
  it("are listed with failures first", () => {
    const tests = [
      { name: "b", last_status: "passed" },
      { name: "c", last_status: null },
      { name: "z", last_status: "failed" },
      { name: "a", last_status: "passed" },
      { name: "y", last_status: "error" },
    ];
    expect(tests.toSorted(byOutcome).map(({ name }) => name)).toEqual(["y", "z", "c", "a", "b"]);
  });

  it("have a name and a file", () => {
    expect(splitTestId("tests/test_a.py::TestB::test_c")).toEqual({
      name: "TestB::test_c",
      file: "tests/test_a.py",
    });
    expect(splitTestId("loads page")).toEqual({ name: "loads page", file: "" });
  });
});

describe("the verdict on a history, newest first", () => {
  it.each([
    ["PPPPP", 0, ""],
    ["FFF", 0, "failed in all 3 runs"],
    ["FPPPPP", 0.1, "fails since the last run"],
    ["FFFPPPPP", 0.1, "fails since 3 runs"],
    ["PFPPPPPPPPPP", 0.18, "passes again since the last run"],
    ["PFPFPPF", 0.67, "flaky: changed in 67 % of runs"],
    ["FFPPP", 0.25, "fails since 2 runs"],
    ["SSFPPPPP", 0.1, "fails since the last run"],
    ["SSS", null, ""],
    ["", null, ""],
  ] as const)("of %s with flakiness %s", (text, flakiness, verdict) => {
    expect(verdictOf(history(text), flakiness)).toBe(verdict);
  });
});

describe("the verdict on a test", () => {
  it("names the commit with which the failures began", () => {
    const runs = history("FFPP").map((run, index) => ({
      ...run,
      commit: index < 2 ? "4f1c2ab7d3e9" : "91be07d2c4a8",
    }));
    expect(verdictOf(runs, 0.3)).toBe("fails since 2 runs, from 4f1c2ab7d3");
  });

  it("says how flaky it is", () => {
    const flaky = {
      test_id: "t",
      owner: null,
      quarantined_until: null,
      runs: 40,
      failures: 6,
      flips: 9,
      flakiness: 0.23,
      last_failure_at: "2026-11-27T12:00:00Z",
    };
    expect(flakyWords({ ...flaky, same_commit: true })).toBe(
      "flaky: 15 % of 40 runs failed, also on one commit",
    );
    expect(flakyWords({ ...flaky, same_commit: false })).toBe("flaky: 15 % of 40 runs failed");
  });
});

describe("failures", () => {
  it("are grouped by their pattern, the largest group first", () => {
    const failed = [
      item("failed", "a", "KeyError"),
      item("error", "b", "assert <*>"),
      item("failed", "d", "assert <*>"),
      item("failed", "d", "assert <*>"),
      item("failed", "e", null),
    ];
    expect(groupByPattern(failed).map(({ pattern, tests }) => [pattern, tests])).toEqual([
      ["assert <*>", ["b", "d"]],
      ["KeyError", ["a"]],
      ["", ["e"]],
    ]);
  });

  it("stand for a test that ran several times in one run", () => {
    const outcomes = [item("passed"), item("failed"), item("skipped")];
    expect(worstOf(outcomes)).toBe(outcomes[1]);
    expect(worstOf([item("skipped"), item("passed")])?.outcome).toBe("skipped");
    expect(worstOf([])).toBeUndefined();
  });
});
