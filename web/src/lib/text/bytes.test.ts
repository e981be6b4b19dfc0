import { describe, expect, it } from "vitest";
import { bytesText, formatBytes, parseBytes } from "./bytes";

describe("bytes", () => {
  it("are written with a unit", () => {
    expect([0, 999, 1000, 1_500_000, 10_000_000_000, 2e15].map(formatBytes)).toEqual([
      "0 B",
      "999 B",
      "1 kB",
      "1.5 MB",
      "10 GB",
      "2000 TB",
    ]);
  });

  it("are read with and without a unit", () => {
    expect(["1.5 MB", "500kB", " 2000 ", "3g", "7 b"].map(parseBytes)).toEqual([
      1_500_000, 500_000, 2000, 3e9, 7,
    ]);
    expect(["", " "].map(parseBytes)).toEqual([null, null]);
    expect([1_234_567, 2e9, null].map(bytesText)).toEqual(["1234567 B", "2 GB", ""]);
    expect(["fast", "-1", "1 MiB", "1,5 MB"].map(parseBytes)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
