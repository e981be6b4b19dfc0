import { describe, expect, it } from "vitest";
import { ruleFinding, rulePrefill } from "../actions/rule-prefill";
import type { Finding } from "../analysis-queries";
import { numberCitations } from "../citations/number-citations";
import {
  afterHeadline,
  changeOf,
  filterOf,
  headline,
  onsets,
  severityOf,
  splitSlots,
  subjectOf,
} from "./wording";

const finding = (change: Partial<Finding> = {}): Finding => ({
  kind: "new_pattern",
  title: "payment: error 'timed out after <*> ms' is new, 157 entries since 01:51:00 UTC",
  score: 1,
  service_id: "payment",
  pattern: "timed out after <*> ms",
  count: 157,
  baseline_count: 0,
  first_seen: "2026-11-27T01:51:00.906Z",
  evidence: ["a", "b"],
  ...change,
});

describe("the words of a report", () => {
  const summary =
    "Main finding: payment: error 'x.y' is new, 157 entries since 01:51:00 UTC. Also: it is. Read 3.";

  it("takes the first sentence as the headline", () => {
    expect(headline(summary)).toBe("payment: error 'x.y' is new, 157 entries since 01:51:00 UTC");
    expect(afterHeadline(summary)).toBe("Also: it is. Read 3.");
    expect(afterHeadline("One sentence.")).toBe("");
  });

  it("says what changed", () => {
    expect(changeOf(finding())).toBe("new");
    expect(changeOf(finding({ kind: "burst", count: 64, baseline_count: 20 }))).toBe("×3.2");
    expect(changeOf(finding({ kind: "burst", count: 78, baseline_count: 236 }))).toBe("−67 %");
    expect(changeOf(finding({ kind: "vanished_pattern", count: 0, baseline_count: 9 }))).toBe("gone");
    expect(changeOf(finding({ kind: "broken_step", count: 9, baseline_count: 1 }))).toBe("broken step");
    expect(changeOf(finding({ kind: "slow_step", count: 9, baseline_count: 12 }))).toBe("slow step");
  });

  it("reads severity and subject from a finding", () => {
    expect(severityOf(finding())).toBe("error");
    expect(severityOf(finding({ title: "cart: every line stopped" }))).toBeNull();
    expect(subjectOf(finding())).toBe("timed out after <*> ms");
    expect(subjectOf(finding({ kind: "first_error", title: "payment: 'x' comes first" }))).toBe(
      "'x' comes first",
    );
    expect(splitSlots("a <*> b")).toEqual([
      { text: "a ", isSlot: false },
      { text: "‹*›", isSlot: true },
      { text: " b", isSlot: false },
    ]);
  });

  it("filters the lines of a finding", () => {
    expect(filterOf(finding({ pattern: "mail of <EMAIL_1> failed" }), "")).toBe("service:payment");
    expect(filterOf(finding({ pattern: null }), "x service:payment")).toBe("x service:payment");
    expect(filterOf(finding(), "")).toBe('service:payment pattern:"timed out after <*> ms"');
    expect(filterOf(finding({ kind: "service_split", pattern: null }), "a")).toBe("a");
  });
});

describe("where it began", () => {
  it("takes the first change of each service, earliest first", () => {
    const starts = onsets([
      finding({ service_id: "gateway", first_seen: "2026-11-27T01:51:03Z" }),
      finding({ first_seen: "2026-11-27T01:51:02Z" }),
      finding({ kind: "error_rate", first_seen: "2026-11-27T01:51:01Z" }),
      finding({ kind: "vanished_pattern", service_id: "cart", first_seen: "2026-11-27T01:50:00Z" }),
      finding({ kind: "slow_step", service_id: "db", first_seen: "2026-11-27T01:51:00Z" }),
    ]);
    expect(starts.map(({ service, at }) => [service, at.getUTCSeconds()])).toEqual([
      ["db", 0],
      ["payment", 1],
      ["gateway", 3],
    ]);
  });
});

describe("numberCitations", () => {
  it("keeps the numbers of findings when the explanation and replies arrive", () => {
    const findings = [finding(), finding({ evidence: ["b", "c"] })];
    const early = numberCitations(findings, null, []);
    const report = {
      verdict: "likely" as const,
      summary: "",
      findings,
      claims: [{ text: "x", citations: ["d", "a"] }],
    };
    const message = { role: "assistant" as const, text: "y [log:e] [log:c]", turn: 1, at: "" };
    expect([...early]).toEqual([
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ]);
    expect([...numberCitations(findings, report, [message])]).toEqual([...early, ["d", 4], ["e", 5]]);
  });
});

describe("rulePrefill", () => {
  it("passes the condition that a finding suggests", () => {
    const scope = { q: "attributes.shop:7", since: "", until: "" };
    expect(rulePrefill({ id: "A1", scope }, finding())).toEqual({
      analysis: "A1",
      q: 'attributes.shop:7 service:payment pattern:"timed out after <*> ms"',
      service: "payment",
      pattern: "timed out after <*> ms",
      severity: "error",
    });
  });

  it("takes the first finding that a line can repeat", () => {
    const gone = finding({ kind: "vanished_pattern" });
    const findings = [finding({ kind: "broken_step", pattern: null }), gone, finding({ kind: "burst" })];
    const report = { verdict: "likely" as const, summary: "", findings };
    expect(ruleFinding({ report })).toEqual({ finding: findings[2], number: 3 });
    expect(ruleFinding({ report: null })).toBeNull();
  });
});
