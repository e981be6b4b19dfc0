import { describe, expect, it } from "vitest";
import { formatValue, lineOf, minutesAround } from "./chart-data";

const point = (minute: number, value: number) => ({
  timestamp: new Date(minute * 60_000).toISOString(),
  value,
  count: 1,
});

describe("lines of a chart", () => {
  it("connect points that are missing for a moment, and end where points are missing for long", () => {
    const line = lineOf([point(0, 1), point(1, 2), point(3, 3), point(4, 4), point(30, 5)]);
    expect(line[0]).toEqual([0, 60, 180, 240, 1020, 1800]);
    expect(line[1]).toEqual([1, 2, 3, 4, null, 5]);
  });

  it("may be short", () => {
    expect(lineOf([])).toEqual([[], []]);
    expect(lineOf([point(2, 7)])).toEqual([[120], [7]]);
  });
});

describe("the minutes of a click", () => {
  it("are the step, and at least one minute", () => {
    expect(minutesAround(125, 12)).toEqual([new Date(120_000), new Date(180_000)]);
    expect(minutesAround(700, 300)).toEqual([new Date(600_000), new Date(900_000)]);
  });
});

describe("values", () => {
  it("have useful digits and the unit", () => {
    expect(formatValue(1234.567, "ms")).toBe("1,235 ms");
    expect(formatValue(12.3456, "ms")).toBe("12.35 ms");
    expect(formatValue(0.01234, "1")).toBe("0.0123");
    expect(formatValue(0, "")).toBe("0");
  });
});
