import { lazy, Suspense } from "react";
import { useCitations } from "../citations/citations";
import classes from "./markdown-text.module.css";
import { splitBlocks, toMarkdown } from "./split-blocks";

const MarkdownBlock = lazy(async () => ({ default: (await import("./markdown-block")).MarkdownBlock }));

/** Text of a report or a reply. While it arrives it ends with a caret; a reader of the screen hears it when it is done. */
export function MarkdownText({ text, isWriting = false }: { text: string; isWriting?: boolean }) {
  const { numbers } = useCitations();
  const blocks = splitBlocks(toMarkdown(text, numbers));
  return (
    <div className={`${classes.text} ${isWriting ? classes.writing : ""}`} aria-busy={isWriting}>
      {blocks.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks only ever grow at the end.
        <Suspense key={index} fallback={<p>{block}</p>}>
          <MarkdownBlock text={block} />
        </Suspense>
      ))}
    </div>
  );
}
