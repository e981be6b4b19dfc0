import { expect, test } from "vitest";
import { diffLines } from "./line-diff";

const shown = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, text }) => `${{ same: " ", removed: "-", added: "+" }[kind]}${text}`);

test("lines that stay are kept and changed ones are removed and added", () => {
  expect(shown("on: push\njobs:\n  a: 1\n", "on: push\njobs:\n  a: 2\n  b: 1\n")).toEqual([
    " on: push",
    " jobs:",
    "-  a: 1",
    "+  a: 2",
    "+  b: 1",
    " ",
  ]);
});

test("equal texts have no change, and every line of a new text is added", () => {
  expect(shown("a\nb", "a\nb")).toEqual([" a", " b"]);
  expect(shown("a", "a\nb\na")).toEqual([" a", "+b", "+a"]);
});

test("very long texts are replaced as a whole", () => {
  const lines = (word: string) => Array.from({ length: 2100 }, (_, index) => `${word} ${index}`).join("\n");
  const found = diffLines(lines("a"), lines("b"));
  expect(found.filter(({ kind }) => kind === "removed")).toHaveLength(2100);
  expect(found.filter(({ kind }) => kind === "added")).toHaveLength(2100);
});
