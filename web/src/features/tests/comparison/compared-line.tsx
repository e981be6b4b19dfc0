import { Link } from "@tanstack/react-router";
import { SeverityMark } from "@/components/severity";
import { counted } from "@/lib/text/counted";
import { printable } from "@/lib/text/printable";
import { diffWords } from "@/lib/text/word-diff";
import { formatDuration } from "@/lib/time/time";
import type { ShownRow, SideName } from "./rows";
import classes from "./side-by-side.module.css";

const MAX_TEXT = 1000;
const SIGNS = {
  quiet: ["", ""],
  missing: ["−", "only in green runs"],
  new: ["+", "only in this run"],
  value: ["≠", "other values"],
} as const;

/** One side of a row: a line as a link to it in the logs, or what stands in its place. */
export function ComparedCell({
  row,
  name,
  project,
  isLast,
}: {
  row: ShownRow;
  name: SideName;
  project: string;
  /** Whether it is the cell at the right, which has the label of the first difference. */
  isLast: boolean;
}) {
  const side = row[name];
  const tone = row.tone === "value" ? (name === "green" ? "missing" : "new") : row.tone;
  const label = isLast && row.isFirst ? <span className={classes.firstLabel}>first difference</span> : null;
  if (!side) {
    return (
      // biome-ignore lint/a11y/useSemanticElements: a virtual list cannot be a <table>.
      <div role="cell" className={classes.cell} data-gap={row.gap !== "" || undefined}>
        {row.gap}
        {label}
      </div>
    );
  }
  const { line, delta, pill } = side;
  const { more } = firstLine(line.message);
  const [sign, meaning] = SIGNS[row.tone];
  return (
    // biome-ignore lint/a11y/useSemanticElements: as above.
    <div role="cell" className={classes.cell} data-tone={tone}>
      <span className={classes.sign}>
        {pill ? <b className={classes.pill}>{pill}</b> : <span aria-hidden>{sign}</span>}
        <span className="visually-hidden">{meaning}</span>
      </span>
      <span className={classes.delta} title={line.timestamp}>
        {delta === null ? "0" : `+${formatDuration(delta)}`}
      </span>
      <span className={classes.service} title={line.service_id}>
        {line.service_id}
      </span>
      <SeverityMark severity={line.severity} word="none" />
      <Link
        to="/projects/$project/logs/$log"
        params={{ project, log: line.log_id }}
        className={classes.message}
        tabIndex={-1}
        title={printable(line.message.slice(0, MAX_TEXT))}
      >
        <Message row={row} name={name} />
      </Link>
      {more > 0 ? <span className={classes.more}>+{counted(more, "line")}</span> : null}
      {label}
    </div>
  );
}

function firstLine(message: string): { text: string; more: number } {
  const [text = "", ...rest] = printable(message).split("\n");
  return { text: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text, more: rest.length };
}

/** The first line of a message. Where both sides have other values, the words that differ are marked. */
function Message({ row, name }: { row: ShownRow; name: SideName }) {
  const { text } = firstLine(row[name]?.line.message ?? "");
  const parts = row.compared
    ? diffWords(firstLine(row.compared.green).text, firstLine(row.compared.run).text)[
        name === "green" ? "before" : "after"
      ]
    : [{ text, changed: false }];
  return parts.map((part, index) =>
    part.changed ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move.
      <b key={index}>{part.text}</b>
    ) : (
      part.text
    ),
  );
}
