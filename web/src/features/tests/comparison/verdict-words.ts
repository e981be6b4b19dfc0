import type { FailureVerdict } from "./comparison-queries";

const NAMES: Record<FailureVerdict["kind"], string> = {
  passed: "Passed",
  infrastructure: "Infrastructure",
  flaky: "Flaky",
  regressed: "Regressed",
  unknown: "Not settled",
};

export const verdictName = ({ kind }: FailureVerdict): string => NAMES[kind];

/** How certain a verdict is: it needs no further run, one would make it certain, or nothing is known. */
export function certaintyOf({ kind, settle }: FailureVerdict): "full" | "half" | "none" {
  if (kind === "unknown") return "none";
  return settle ? "half" : "full";
}

/** As long as the analyzer writes commits in its reasons. */
const COMMIT_LENGTH = 10;

/** Shortens a commit for a line of text; "-dirty" stays. */
export function shortCommit(commit: string): string {
  const [hash = "", ...rest] = commit.split("-");
  return [hash.slice(0, COMMIT_LENGTH), ...rest].join("-");
}

/** Begins a text from the API as a sentence: upper case, and a full stop at its end. */
export function asSentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** Splits the sentence of a step after what it says about the green runs, without its full stop. */
export function splitSentence(sentence: string): [greens: string, run: string] {
  const text = sentence.replace(/\.$/, "");
  const at = Math.max(text.lastIndexOf("; this run"), text.lastIndexOf(", this run '"));
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at)];
}
