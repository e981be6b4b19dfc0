const FENCE = /^ {0,3}(```|~~~)/;

/** Splits Markdown at blank lines outside code fences, so that only the last block changes while text arrives. */
export function splitBlocks(text: string): string[] {
  const blocks: string[] = [];
  let block = "";
  let fence: string | null = null;
  for (const line of text.split("\n")) {
    const mark = FENCE.exec(line)?.[1] ?? null;
    if (mark !== null) fence = fence === null ? mark : fence === mark ? null : fence;
    if (fence === null && line.trim() === "" && mark === null) {
      if (block) blocks.push(block);
      block = "";
    } else {
      block += `${line}\n`;
    }
  }
  if (block) blocks.push(block);
  return blocks;
}

const LOG_CITATION = /\[log:([^\]\s]{1,200})\]/g;
/** A citation in the stream; it names a place in the prompt and means nothing to a reader. The last one may be cut off. */
const EVIDENCE_CITATION = /\s?\[E\d{1,4}(?:\s*[,;]\s*E\d{1,4})*(?:\]|[\s,;E\d]*$)|\s?\[E?$/g;

/** Removes the evidence ids of a model's unchecked answer. */
export const withoutEvidenceIds = (text: string): string => text.replace(EVIDENCE_CITATION, "");

/** Writes cited logs as links to their numbers, and the placeholder of patterns so that Markdown leaves it alone. */
export function toMarkdown(text: string, numbers: ReadonlyMap<string, number>): string {
  return text
    .replaceAll("<*>", "‹∗›")
    .replace(
      LOG_CITATION,
      (_, id: string) => `[${numbers.get(id) ?? "log"}](#log-${encodeURIComponent(id)})`,
    );
}

/** Returns the ids of the logs that a reply cites, in order. */
export function citedLogs(text: string): string[] {
  return [...text.matchAll(LOG_CITATION)].map((match) => match[1] ?? "");
}
