import { describe, expect, it } from "vitest";
import type { FailureVerdict } from "./comparison-queries";
import { asSentence, certaintyOf, shortCommit, splitSentence } from "./verdict-words";

const verdict = (kind: FailureVerdict["kind"], settle: string | null = null): FailureVerdict => ({
  kind,
  reason: "",
  settle,
  first_bad_commit: null,
  last_good_commit: null,
});

describe("a verdict", () => {
  it("is certain unless another run would settle it", () => {
    expect(certaintyOf(verdict("regressed"))).toBe("full");
    expect(certaintyOf(verdict("regressed", "report the commit of each run"))).toBe("half");
    expect(certaintyOf(verdict("unknown", "run it again"))).toBe("none");
  });
});

describe("words", () => {
  it("shorten a commit and keep that its sources were changed", () => {
    expect(shortCommit("4f1c2ab7d3e95081c6b2f4a7d9e0135c8b6a2f41")).toBe("4f1c2ab7d3");
    expect(shortCommit("4f1c2ab7d3e95081-dirty")).toBe("4f1c2ab7d3-dirty");
  });

  it("make a sentence of a reason", () => {
    expect(asSentence("it has failed twice")).toBe("It has failed twice.");
    expect(asSentence("Done.")).toBe("Done.");
  });

  it.each([
    [
      "payment: after 'a', the green runs continue with 'b'; this run with 'c'.",
      "payment: after 'a', the green runs continue with 'b'",
      "; this run with 'c'",
    ],
    [
      "payment: the green runs log 'x, this run'; this run logs nothing.",
      "payment: the green runs log 'x, this run'",
      "; this run logs nothing",
    ],
    [
      "payment: the green runs log '5 EUR', this run '6 EUR'.",
      "payment: the green runs log '5 EUR'",
      ", this run '6 EUR'",
    ],
    ["It has another form.", "It has another form", ""],
  ])("split %s where this run begins", (sentence, greens, run) => {
    expect(splitSentence(sentence)).toEqual([greens, run]);
  });
});
