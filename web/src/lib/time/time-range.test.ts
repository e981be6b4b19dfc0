import { describe, expect, it } from "vitest";
import { nameRange, rangeBounds, rangeParams, readRange } from "./time-range";

const now = new Date("2026-11-26T12:00:00Z");

describe("time ranges", () => {
  it("reads what is valid and drops the rest", () => {
    expect(readRange("15m", undefined, undefined)).toEqual({ range: "15m" });
    expect(readRange("15 parsecs", "yesterday", undefined)).toEqual({});
    expect(readRange("15m", "2026-11-26T10:00:00Z", undefined)).toEqual({
      from: "2026-11-26T10:00:00Z",
      to: undefined,
    });
  });

  it("sends an age as it is and moments as moments", () => {
    expect(rangeParams({ range: "7d" })).toEqual({ since: "7d" });
    expect(rangeParams({})).toEqual({ since: "1h" });
    expect(rangeParams({ range: "all" })).toEqual({});
    expect(rangeParams({ from: "2026-11-26T10:00:00Z", to: "2026-11-26T11:00:00Z" })).toEqual({
      since: "2026-11-26T10:00:00Z",
      until: "2026-11-26T11:00:00Z",
    });
  });

  it("resolves to moments", () => {
    expect(rangeBounds({ range: "15m" }, now)).toEqual({ start: new Date("2026-11-26T11:45:00Z"), end: now });
    expect(rangeBounds({ range: "all" }, now).start).toBeNull();
  });

  it("has names", () => {
    expect(nameRange({ range: "15m" }, "utc")).toBe("Last 15 min");
    expect(nameRange({ range: "90m" }, "utc")).toBe("Last 90m");
    expect(nameRange({ from: "2020-01-02T10:00:00Z", to: "2020-01-02T11:00:00Z" }, "utc")).toBe(
      "2020-01-02 10:00:00 to 11:00:00",
    );
    expect(nameRange({ from: "2020-01-02T10:00:00Z" }, "utc")).toBe("Since 2020-01-02 10:00:00");
  });
});
