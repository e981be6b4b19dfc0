import { expect, test } from "vitest";
import { diffWords } from "./word-diff";

const shown = (before: string, after: string) => {
  const { before: a, after: b } = diffWords(before, after);
  return [a, b].map((parts) => parts.map(({ text, changed }) => (changed ? `[${text}]` : text)).join(""));
};

test("words that the other text does not have are marked", () => {
  expect(shown("limit is 500 EUR", "limit is 50 EUR")).toEqual(["limit is [500] EUR", "limit is [50] EUR"]);
  expect(shown("calling pay-us, try 2", "calling pay-eu")).toEqual([
    "calling [pay-us, try 2]",
    "calling [pay-eu]",
  ]);
  expect(shown("total 12.50", "total 12.5")).toEqual(["total [12.50]", "total [12.5]"]);
});

test("equal texts have no mark, and an empty text is compared with the other one", () => {
  expect(shown("same\nlines", "same\nlines")).toEqual(["same\nlines", "same\nlines"]);
  expect(shown("", "Größe 3")).toEqual(["", "[Größe 3]"]);
});

test("texts that are too long to compare are marked as a whole", () => {
  const long = "a b ".repeat(600);
  expect(shown(long, `${long}c`)).toEqual([`[${long}]`, `[${long}c]`]);
});
