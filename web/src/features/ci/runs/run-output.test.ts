import { describe, expect, it } from "vitest";
import type { Log } from "../ci-queries";
import { firstError, firstFailure, jobsOf, linesOfAttempt, testsOf, withoutFindings } from "./run-output";

let second = 0;
function line(message: string, more: Partial<Log> = {}, ci: Record<string, unknown> = {}): Log {
  second += 1;
  return {
    id: `log-${second}`,
    project_id: "shop",
    service_id: "payment",
    message,
    severity: "info",
    timestamp: new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString(),
    source: "github-actions",
    test_id: null,
    func_id: null,
    attributes: { "ci.job": "test", "ci.step": "Unit tests", ...ci } as Log["attributes"],
    ...more,
  };
}

const LINES = [
  line("checked out", {}, { "ci.step": "Check out" }),
  line("pytest"),
  line(
    "tests/a.py::test_pay FAILED",
    { severity: "error", test_id: "tests/a.py::test_pay" },
    { "ci.test_outcome": "failed" },
  ),
  line("tests/a.py::test_cart PASSED", { test_id: "tests/a.py::test_cart" }, { "ci.test_outcome": "passed" }),
  line("E   timeout", { severity: "error", test_id: "tests/a.py::test_pay" }),
  line("lint", {}, { "ci.job": "lint", "ci.step": "ruff" }),
  line(
    "job lint: success after 1 s",
    {},
    { "ci.job": "lint", "ci.step": undefined, "ci.job_conclusion": "success" },
  ),
  line(
    "job test: failure after 4 s in step Unit tests",
    { severity: "error" },
    { "ci.step": undefined, "ci.job_conclusion": "failure" },
  ),
];

describe("the output of a run", () => {
  it("finds jobs, steps and the failing one in the lines", () => {
    const jobs = jobsOf([], LINES);
    expect(jobs.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["test", "failed"],
      ["lint", "passed"],
    ]);
    expect(jobs[0]?.steps.map(({ name, outcome, lines }) => [name, outcome, lines.length])).toEqual([
      ["Check out", "passed", 1],
      ["Unit tests", "failed", 4],
      ["End of the job", "passed", 1],
    ]);
    expect(firstFailure(jobs)).toEqual({ job: "test", step: "Unit tests" });
    expect(firstError(jobs[0]?.steps[1]?.lines ?? [])?.message).toContain("FAILED");
  });
  it("prefers the stored steps, which also have those without output", () => {
    const stored = [
      {
        name: "test",
        conclusion: "failure",
        started_at: "2026-01-01T12:00:00Z",
        completed_at: "2026-01-01T12:00:09Z",
        steps: [
          { number: 1, name: "Unit tests", conclusion: "failure", started_at: null, completed_at: null },
          { number: 2, name: "Publish", conclusion: "skipped", started_at: null, completed_at: null },
        ],
      },
    ];
    const [job] = jobsOf(stored, LINES);
    expect(job?.seconds).toBe(9);
    expect(job?.steps.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["Unit tests", "failed"],
      ["Publish", "skipped"],
      ["Check out", "passed"],
      ["End of the job", "passed"],
    ]);
  });
  it("says that a job runs while its end is missing", () => {
    expect(jobsOf([], LINES.slice(0, 2))[0]?.outcome).toBe("running");
  });
  it("collects tests, failed ones first", () => {
    expect(
      testsOf(LINES, ["tests/b.py::gone"]).map(({ id, outcome, lines }) => [id, outcome, lines.length]),
    ).toEqual([
      ["tests/b.py::gone", "failed", 0],
      ["tests/a.py::test_pay", "failed", 2],
      ["tests/a.py::test_cart", "passed", 1],
    ]);
  });
  it("shows one attempt", () => {
    const again = [line("first", {}, { "ci.attempt": 1 }), line("second", {}, { "ci.attempt": 2 })];
    expect(linesOfAttempt(again, 2).map(({ message }) => message)).toEqual(["second"]);
  });
  it("leaves out what an emulated run does differently, but no job of the workflow", () => {
    const printed = line("counted", {}, { "ci.job": "probe" });
    const finding = line("concurrency: act ignores it", {}, { "ci.job": "emulation", "ci.step": undefined });
    const shown = withoutFindings([{ name: "probe" }, { name: "emulation" }], [printed, finding]);
    expect(jobsOf(shown.jobs, shown.lines).map(({ name }) => name)).toEqual(["probe"]);
    expect(shown.lines).toEqual([printed]);

    const own = { name: "emulation", steps: [{ number: 1, name: "Start" }] };
    expect(withoutFindings([own], [finding])).toEqual({ jobs: [own], lines: [finding] });
  });
});
