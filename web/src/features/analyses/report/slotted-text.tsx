import classes from "./report.module.css";
import { splitSlots } from "./wording";

/** Text of a log pattern; what varies is a small box. */
export function SlottedText({ text }: { text: string }) {
  return (
    <>
      {splitSlots(text).map((part, index) =>
        part.isSlot ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move.
          <span key={index} className={classes.slot}>
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </>
  );
}
