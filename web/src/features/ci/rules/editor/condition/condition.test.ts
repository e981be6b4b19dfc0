import { describe, expect, it } from "vitest";
import { type Comparison, readCondition, writeCondition } from "./condition";

describe("conditions as rows", () => {
  it("reads an all-of list of comparisons, whatever its spaces and quotes", () => {
    const source = `log.severity=="error" && log.message.contains('pay "eu" timed out')&&\n stats.count > 5`;
    expect(readCondition(source, "logs")).toEqual([
      { name: "log.severity", operator: "is", value: "error" },
      { name: "log.message", operator: "contains", value: 'pay "eu" timed out' },
      { name: "stats.count", operator: ">", value: "5" },
    ]);
  });
  it("does not split inside texts", () => {
    expect(readCondition('log.message.contains("a && b || (c")', "logs")).toEqual([
      { name: "log.message", operator: "contains", value: "a && b || (c" },
    ]);
  });
  it("writes what it reads", () => {
    const rows: Comparison[] = [
      { name: "log.message", operator: "does not contain", value: 'a "b" \\ \n ü' },
      { name: "log.message", operator: "matches", value: "(?i)timed? out" },
      { name: "log.attributes.http.status", operator: "≥", value: "500" },
      { name: "log.attributes.region", operator: "is not", value: "eu" },
    ];
    expect(readCondition(writeCondition(rows), "logs")).toEqual(rows);
    const runs: Comparison[] = [
      { name: "run.failed_tests", operator: "includes", value: "tests/a.py::b" },
      { name: "run.failed_jobs", operator: "includes none like", value: "lint" },
    ];
    expect(readCondition(writeCondition(runs), "run")).toEqual(runs);
  });
  it("matches everything without a row", () => {
    expect(writeCondition([])).toBe("true");
    expect(readCondition(" true ", "logs")).toEqual([]);
  });
  it("leaves everything else to the source", () => {
    for (const source of [
      "",
      'log.severity == "error" || stats.count > 5',
      '(log.severity == "error")',
      'log.severity == "error" &&',
      'log.message.contains("open',
      "stats.count > 5 + 1",
      'log.mesage == "typo"',
      'run.conclusion == "failure"',
      'log.attributes["x"] == 1',
      "stats.count / 2 > 5",
      'log.severity > "error"',
      "!log.message.startsWith('x')",
    ]) {
      expect(readCondition(source, "logs"), source).toBeNull();
    }
  });
});
