import { Link } from "@tanstack/react-router";
import { PatternText } from "../pattern-text";
import classes from "./comparison.module.css";
import type { ComparedLine, TestComparison } from "./comparison-queries";
import { asSentence, splitSentence } from "./verdict-words";

/** Why the verdict is what it is, what would settle it, and the first difference with its two lines. */
export function Explanation({
  project,
  comparison,
  rowIds,
  onShow,
}: {
  project: string;
  comparison: TestComparison;
  /** The lines that the table below shows. */
  rowIds: ReadonlySet<string>;
  onShow: (line: string) => void;
}) {
  const { verdict, first_difference: first } = comparison;
  const [greens, run] = splitSentence(first?.text ?? "");
  const pill = (number: 1 | 2, name: string, line: ComparedLine | null | undefined) =>
    line ? (
      <LinePill
        number={number}
        label={`${name}: ${line.message.slice(0, 200)}`}
        project={project}
        line={line}
        onShow={rowIds.has(line.log_id) ? onShow : undefined}
      />
    ) : null;
  return (
    <div className={classes.explanation}>
      <div className="grow">
        <p>{asSentence(verdict.reason)}</p>
        {first ? (
          <p>
            <PatternText text={greens} /> {pill(1, "Line 1, of the green run", first.expected)}
            <PatternText text={run} /> {pill(2, "Line 2, of this run", first.instead)}
          </p>
        ) : (
          <p className="soft">The lines do not differ in anything that the green runs have in common.</p>
        )}
      </div>
      {verdict.settle ? (
        <p className={classes.settle}>
          <span className="muted">Would settle it: </span>
          {verdict.settle}
        </p>
      ) : null}
    </div>
  );
}

/** The number of a line in a sentence. It leads to the row of the line, or to Logs when no row shows it. */
function LinePill({
  number,
  label,
  project,
  line,
  onShow,
}: {
  number: 1 | 2;
  label: string;
  project: string;
  line: ComparedLine;
  onShow: ((line: string) => void) | undefined;
}) {
  return onShow ? (
    <button
      type="button"
      className={classes.pill}
      aria-label={label}
      title={label}
      onClick={() => onShow(line.log_id)}
    >
      {number}
    </button>
  ) : (
    <Link
      to="/projects/$project/logs/$log"
      params={{ project, log: line.log_id }}
      className={classes.pill}
      aria-label={label}
      title={label}
    >
      {number}
    </Link>
  );
}
