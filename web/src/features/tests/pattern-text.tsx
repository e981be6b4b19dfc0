import classes from "./tests.module.css";

/** A text with the places that vary, <*>, marked. */
export function PatternText({ text }: { text: string }) {
  return text.split(/(<\*>)/).map((part, index) =>
    part === "<*>" ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move.
      <span key={index} className={classes.slot}>
        ‹*›
      </span>
    ) : (
      part
    ),
  );
}
