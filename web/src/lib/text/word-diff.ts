import { diffParts } from "./line-diff";

export type WordPart = { text: string; changed: boolean };

/** Longer texts are not compared: they are marked as changed as a whole. */
const MAX_LENGTH = 2000;

/** Compares two texts word by word. Returns the parts of each, with those marked that the other one does not have. */
export function diffWords(before: string, after: string): { before: WordPart[]; after: WordPart[] } {
  if (before.length > MAX_LENGTH || after.length > MAX_LENGTH) {
    const changed = before !== after;
    return { before: [{ text: before, changed }], after: [{ text: after, changed }] };
  }
  const found = diffParts(words(before), words(after));
  return {
    before: joined(found.filter(({ kind }) => kind !== "added")),
    after: joined(found.filter(({ kind }) => kind !== "removed")),
  };
}

/** Splits a text into words, numbers and the single characters between them. */
function words(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+(?:[.-][\p{L}\p{N}_]+)*|./gsu) ?? [];
}

function joined(parts: readonly { kind: string; text: string }[]): WordPart[] {
  const result: WordPart[] = [];
  for (const { kind, text } of parts) {
    const changed = kind !== "same";
    const last = result.at(-1);
    if (last?.changed === changed) last.text += text;
    else result.push({ text, changed });
  }
  return result;
}
