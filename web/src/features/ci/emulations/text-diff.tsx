import { diffLines } from "@/lib/text/line-diff";
import classes from "./emulations.module.css";

const MARKS = { same: " ", removed: "−", added: "+" } as const;

/** A text with line numbers, and what changed since the text before it. */
export function TextDiff({ label, before, after }: { label: string; before: string | null; after: string }) {
  const lines = before === null ? diffLines(after, after) : diffLines(before, after);
  let number = 0;
  const rows = lines.map((line, index) => {
    if (line.kind !== "removed") number += 1;
    return { ...line, id: index, number: line.kind === "removed" ? null : number };
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard.
    <section className={classes.diff} aria-label={label} tabIndex={0}>
      <table>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} data-kind={row.kind}>
              <td>{row.number}</td>
              <td>
                {MARKS[row.kind]}
                <span className="visually-hidden">{row.kind === "same" ? "" : row.kind}</span>
              </td>
              <td>{row.text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
