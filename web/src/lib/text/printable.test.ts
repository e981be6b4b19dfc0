import { describe, expect, it } from "vitest";
import { printable } from "./printable";

const ESC = "\u001b";

describe("printable", () => {
  it.each([
    ["plain text\twith a tab\nand a line", "plain text\twith a tab\nand a line"],
    [`${ESC}[31mred${ESC}[0m`, "red"],
    [`${ESC}]8;;javascript:alert(1)${ESC}\\click${ESC}]8;;${ESC}\\`, "click"],
    [`${ESC}]0;title\u0007x`, "x"],
    ["a\u202eb", "a\\u202eb"],
    ["a\u0000b\rc", "a\\u0000b\\u000dc"],
    [`a lonely ${ESC}`, "a lonely \\u001b"],
    ["ünïcode 日本 😀", "ünïcode 日本 😀"],
  ])("%j", (text, expected) => expect(printable(text)).toBe(expected));
});
