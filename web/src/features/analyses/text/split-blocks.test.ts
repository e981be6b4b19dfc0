import { describe, expect, it } from "vitest";
import { citedLogs, splitBlocks, toMarkdown, withoutEvidenceIds } from "./split-blocks";

describe("splitBlocks", () => {
  it("splits at blank lines and keeps code fences whole", () => {
    const text = "one\ntwo\n\n```\na\n\nb\n```\n\n\nthree";
    expect(splitBlocks(text)).toEqual(["one\ntwo\n", "```\na\n\nb\n```\n", "three\n"]);
  });

  it("changes only the last block while text arrives", () => {
    const text = "# Title\n\nfirst paragraph\n\n- a\n- b\n\n```\ncode\n\nmore";
    for (let end = 1; end < text.length; end += 1) {
      const before = splitBlocks(text.slice(0, end)).slice(0, -1);
      expect(splitBlocks(text).slice(0, before.length)).toEqual(before);
    }
  });
});

describe("withoutEvidenceIds", () => {
  it("removes ids of evidence, also one that is cut off", () => {
    expect(withoutEvidenceIds("It failed [E1]. Then [E2, E15] it")).toBe("It failed. Then it");
    expect(withoutEvidenceIds("It failed [E1, E")).toBe("It failed");
    expect(withoutEvidenceIds("It failed [")).toBe("It failed");
    expect(withoutEvidenceIds("values [EUR]")).toBe("values [EUR]");
  });
});

describe("toMarkdown", () => {
  it("links citations and protects the placeholder of patterns", () => {
    expect(toMarkdown("answered <*> in <*> ms [log:a-1]", new Map([["a-1", 3]]))).toBe(
      "answered ‹∗› in ‹∗› ms [3](#log-a-1)",
    );
    expect(citedLogs("a [log:x] b [log:y-2]")).toEqual(["x", "y-2"]);
  });
});
