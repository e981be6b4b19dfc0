import { describe, expect, it } from "vitest";
import type { LogsSearch } from "./logs-search";
import { rangeMoves } from "./range-moves";

const END = new Date("2026-03-01T12:00:00Z");

function changes(start: Date | null) {
  const seen: Partial<LogsSearch>[] = [];
  return { seen, moves: rangeMoves({ start, end: END }, (next) => seen.push(next)) };
}

describe("the range of the viewer", () => {
  it("moves by half of its length and doubles around its middle", () => {
    const { seen, moves } = changes(new Date("2026-03-01T10:00:00Z"));
    moves.shift(-1);
    moves.shift(1);
    moves.zoomOut();
    expect(seen.map(({ from, to }) => [from, to])).toEqual([
      ["2026-03-01T09:00:00.000Z", "2026-03-01T11:00:00.000Z"],
      ["2026-03-01T11:00:00.000Z", "2026-03-01T13:00:00.000Z"],
      ["2026-03-01T09:00:00.000Z", "2026-03-01T13:00:00.000Z"],
    ]);
  });
  it("ends the live tail, and takes an open range for the last hour", () => {
    const { seen, moves } = changes(null);
    moves.shift(-1);
    moves.zoom({ range: "15m" });
    expect(seen).toEqual([
      { range: undefined, from: "2026-03-01T10:30:00.000Z", to: "2026-03-01T11:30:00.000Z", live: undefined },
      { range: "15m", from: undefined, to: undefined, live: undefined },
    ]);
  });
});
