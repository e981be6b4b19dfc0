import { describe, expect, it } from "vitest";
import { lanesOf } from "./history-lanes";

describe("the lanes of a rule's history", () => {
  it("begin with firings and end with what did not match", () => {
    const at = ["2026-11-27T09:00:00Z", "2026-11-27T10:00:00Z"] as const;
    const lanes = lanesOf([
      { at: at[0], counts: { no_match: 90, cooldown: 2, fired: 1 }, latest: {} },
      {
        at: at[1],
        counts: { budget_day: 7, no_match: 10 },
        latest: { budget_day: { at: at[1], detail: "20 of 20 are used" } },
      },
    ]);
    expect(lanes.map(({ outcome, total }) => [outcome, total])).toEqual([
      ["fired", 1],
      ["budget_day", 7],
      ["cooldown", 2],
      ["no_match", 100],
    ]);
    expect(lanes[1]).toMatchObject({
      name: "budget of the day is used",
      hours: [{ at: at[1], count: 7, detail: "20 of 20 are used" }],
    });
  });

  it("are none when nothing came near", () => {
    expect(lanesOf([])).toEqual([]);
  });
});
