// Finds what a filter asks of messages, to mark it in lines. Only the server decides which lines are found.

import { readTerm, splitWords } from "./filter-text";

/** Expressions for texts in any case, and for regular expressions, which respect it. */
export type Marks = readonly RegExp[];

const MAX_TERMS = 20;
const MAX_SOURCE = 200;
const OPERATOR = /^(AND|OR|&&|\|\|)$/;
/** Named classes are unknown to JavaScript, and repetitions without a bound or of groups can take it very long. */
const UNSUITABLE = /\[\[:|[*+]|\{\d*,|\)\{|\\[1-9]|\(\?/;
/** Each choice doubles what JavaScript may try. */
const CHOICE = /[?|]/g;
const MAX_CHOICES = 6;
/** What a * between two texts stands for: with a bound, and once in a word, it costs little. */
const ANY = "\\S{0,200}?";
const LETTER = "[\\p{L}\\p{N}_]";

type Source = { text: string; exact: boolean };

/** Returns expressions that find the words, texts and plain regular expressions of a filter in a message. */
export function marksOf(filter: string): Marks {
  const sources = sourcesIn(filter).filter((source) => source.text.length <= MAX_SOURCE);
  return [false, true].flatMap((exact) => {
    const texts = new Set(sources.filter((source) => source.exact === exact).map((source) => source.text));
    if (texts.size === 0) return [];
    // The longest first, because the first alternative that matches is taken.
    const longestFirst = [...texts].slice(0, MAX_TERMS).sort((one, other) => other.length - one.length);
    return compiled(longestFirst.join("|"), exact ? "gu" : "giu");
  });
}

function compiled(source: string, flags: string): RegExp[] {
  try {
    return [new RegExp(source, flags)];
  } catch {
    return []; // RE2 and JavaScript differ in a few classes
  }
}

/** Returns the terms that lines contain. What follows NOT, ! or - is left out. */
function sourcesIn(filter: string): Source[] {
  const sources: Source[] = [];
  let isExcluded = false;
  for (const word of splitWords(filter)) {
    if (OPERATOR.test(word)) continue;
    if (word === "NOT" || word === "!") {
      isExcluded = true;
      continue;
    }
    if (!isExcluded && !/^[-!]./.test(word)) sources.push(...sourcesOf(word));
    isExcluded = false;
  }
  return sources;
}

function sourcesOf(word: string): Source[] {
  if (word.startsWith("(") && word.endsWith(")")) return sourcesIn(word.slice(1, -1));
  const { field, value } = readTerm(word);
  if (field !== null && field !== "message" && field !== "word") return [];
  const raw = field === null ? word : word.slice(field.length + 1);
  if (raw.startsWith("(") && raw.endsWith(")")) return sourcesIn(raw.slice(1, -1));
  if (/^\/.+\/$/s.test(raw)) {
    const body = raw.slice(1, -1);
    const choices = body.match(CHOICE)?.length ?? 0;
    return UNSUITABLE.test(body) || choices > MAX_CHOICES ? [] : [{ text: body, exact: true }];
  }
  const isQuoted = raw.startsWith('"');
  const inner = isQuoted ? escaped(value) : withWildcards(raw);
  if (inner === "" || inner === "\\S" || inner.split(ANY).length > 2) return [];
  const text = field === "word" ? `(?<!${LETTER})${inner}(?!${LETTER})` : inner;
  return [{ text, exact: false }];
}

/** Translates a word: * and ? stand for any characters but spaces, and a backslash takes their meaning away. */
function withWildcards(raw: string): string {
  const edges = raw.replace(/^\*+|(?<!\\)\*+$/g, "");
  return [...edges.matchAll(/\\(.)|([*?])|[^\\*?]+/gs)]
    .map(([piece, plain, wild]) => {
      if (wild !== undefined) return wild === "*" ? ANY : "\\S";
      return escaped(plain ?? piece);
    })
    .join("");
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/** A part of a text, and whether it is marked. */
export type MarkedPart = { text: string; isMarked: boolean };

/** Divides a text where an expression matches. */
export function markedParts(text: string, marks: Marks): MarkedPart[] {
  const ranges = marks
    .flatMap((expression) => [...text.matchAll(expression)])
    .filter((match) => match[0] !== "")
    .map((match): [number, number] => [match.index, match.index + match[0].length])
    .sort(([one], [other]) => one - other);
  const parts: MarkedPart[] = [];
  let end = 0;
  for (const [from, to] of ranges) {
    if (to <= end) continue;
    const start = Math.max(from, end);
    if (start > end) parts.push({ text: text.slice(end, start), isMarked: false });
    parts.push({ text: text.slice(start, to), isMarked: true });
    end = to;
  }
  if (end < text.length) parts.push({ text: text.slice(end), isMarked: false });
  return parts;
}
