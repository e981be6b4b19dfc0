import { describe, expect, it } from "vitest";
import { filterOfRule } from "./rule-filter";

describe("filterOfRule", () => {
  it("joins the filter of a rule with the comparisons that a search knows", () => {
    const filter = { services: ["checkout", "cart"], contains: "timed out" };
    const condition = 'log.severity == "error" &&\nlog.pattern == "took <*> ms" &&\nstats.count > 5';
    expect(filterOfRule({ filter }, condition)).toBe(
      '(service:checkout OR service:cart) "timed out" severity:error pattern:"took <*> ms"',
    );
  });

  it("leaves out what a search cannot say", () => {
    expect(filterOfRule({ filter: {} }, "stats.rate > 1.5 || true")).toBe("");
  });
});
