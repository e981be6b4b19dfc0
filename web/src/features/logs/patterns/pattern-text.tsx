import { printable } from "@/lib/text/printable";
import classes from "./pattern-table.module.css";

/** A pattern with its variable places marked. */
export function PatternText({ pattern }: { pattern: string }) {
  return (
    <>
      {printable(pattern)
        .split(/(<\*>)/)
        .map((part, index) =>
          part === "<*>" ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move.
            <span key={index} className={classes.slot}>
              ‹*›
            </span>
          ) : (
            part
          ),
        )}
    </>
  );
}
