import { describe, expect, it } from "vitest";
import { ApiProblem } from "@/lib/api/problem";
import { dispatchOptions, runOptions } from "./ci-queries";
import { emulationOptions } from "./emulations/emulation-queries";

const QUERIES = {
  run: runOptions("shop", "1"),
  dispatch: dispatchOptions("1"),
  emulation: emulationOptions("shop", "1"),
};

/** When a query is repeated whose first request failed. */
function repeatedAfter(name: keyof typeof QUERIES, status: number) {
  const { refetchInterval } = QUERIES[name];
  if (typeof refetchInterval !== "function") return refetchInterval;
  return refetchInterval({ state: { data: undefined, error: new ApiProblem(status, "") } } as never);
}

describe.each(["run", "dispatch", "emulation"] as const)("the %s of a page", (name) => {
  it("is read again until ci-bridge is back", () => {
    expect(repeatedAfter(name, 503)).toBeGreaterThan(0);
  });
  it("is not read again when it does not exist", () => {
    expect(repeatedAfter(name, 404)).toBe(false);
  });
});
