import { describe, expect, it } from "vitest";
import { markedParts, marksOf } from "./filter-marks";

/** Writes a text with brackets around what a filter marks in it. */
function shown(filter: string, text: string): string {
  return markedParts(text, marksOf(filter))
    .map((part) => (part.isMarked ? `[${part.text}]` : part.text))
    .join("");
}

describe("marks of a filter", () => {
  it.each([
    ["timeout", "Timeout after payment TIMEOUTS", "[Timeout] after payment [TIMEOUT]S"],
    ['"connection refused" severity:error', "Connection refused by error", "[Connection refused] by error"],
    ["message:(refused OR reset)", "refused, then reset", "[refused], then [reset]"],
    ["a AND NOT b", "a b", "[a] b"],
    ["one -two !three", "one two three", "[one] two three"],
    ["(cart (paid OR open))", "cart open", "[cart] [open]"],
    ["service:cart", "cart", "cart"],
    ["word:4512", "order 4512 and 45123", "order [4512] and 45123"],
    ["*ser=45?", "user=451 USER=459", "u[ser=451] U[SER=459]"],
    ["pay*out", "payment-out pay out", "[payment-out] pay out"],
    ["\\*", "a*b", "a[*]b"],
    ["/order 4[0-9]{2}/ x", "order 417, ORDER 417", "[order 417], ORDER 417"],
    ["[a.b", "[a.b ab", "[[a.b] ab"],
    ["foo foobar", "foobar foo", "[foobar] [foo]"],
    ["", "anything", "anything"],
    ["*", "anything", "anything"],
  ])("of %s in %s", (filter, text, expected) => expect(shown(filter, text)).toBe(expected));

  it("are not made of regular expressions that can take very long", () => {
    for (const filter of [
      `/${"x?".repeat(40)}y/`,
      `/${"(x|x)".repeat(30)}y/`,
      "x*x*x*y",
      "/(a+)+b/",
      "/a*a*b/",
      "/(a|b){9}/",
      "/(a)\\1/",
    ])
      expect(marksOf(filter)).toEqual([]);
  });

  it("of twenty words with a wildcard are looked for in the worst line", () => {
    const line = "x".repeat(4000);
    const filter = Array.from({ length: 20 }, (_, number) => `x*y${number}`).join(" ");
    expect(markedParts(line, marksOf(filter))).toEqual([{ text: line, isMarked: false }]);
  });

  it("are not made of a regular expression that JavaScript cannot read", () => {
    expect(marksOf("/[[:alpha:]/")).toEqual([]);
    expect(shown("/\\pL/ x", "xy")).toBe("[x]y");
  });
});
