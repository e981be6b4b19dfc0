import { memo } from "react";
import { SeverityMark } from "@/components/severity";
import { type Marks, markedParts } from "@/lib/text/filter-marks";
import { printable } from "@/lib/text/printable";
import { formatClockMillis, formatDay, type Zone } from "@/lib/time/time";
import type { Log } from "../log-queries";
import classes from "./log-list.module.css";
import { flattenAttributes, splitMessage } from "./rows";

const NO_MARKS: Marks = [];
const BARS: Record<string, string | undefined> = { error: classes.barError, warn: classes.barWarn };

export type LogRowProps = {
  log: Log;
  repeats: number;
  zone: Zone;
  wrap: boolean;
  json: boolean;
  isSelected: boolean;
  isOpen: boolean;
  /** Number of the citation that points to this line, if any. */
  citation: number | undefined;
  isCitationActive: boolean;
  /** Whether it belongs to the trace of the open line. */
  inTrace: boolean;
  columns: readonly string[];
  showsDay: boolean;
  /** What the filter asks of messages. */
  marks?: Marks;
};

/** One line of the list. All of its props are primitives or stable, so that moving the cursor renders two rows. */
export const LogRow = memo(function LogRow(props: LogRowProps) {
  const { log, zone, isSelected, isOpen, columns } = props;
  const moment = new Date(log.timestamp);
  const time = formatClockMillis(moment, zone);
  const className = [
    classes.row,
    BARS[log.severity],
    isSelected || isOpen ? classes.selected : "",
    props.wrap ? classes.wrapped : "",
  ].join(" ");
  return (
    <div className={className}>
      <span className={classes.gutter}>
        {props.citation !== undefined ? (
          <b className={`${classes.citation} ${props.isCitationActive ? classes.citationActive : ""}`}>
            {props.citation}
          </b>
        ) : props.inTrace ? (
          <i className={classes.traceDot} title="Same trace as the open line" />
        ) : null}
      </span>
      <span className={classes.time} title={log.timestamp}>
        {props.showsDay ? `${formatDay(moment, zone).slice(5)} ` : ""}
        {time.slice(0, 8)}
        <b>{time.slice(8)}</b>
      </span>
      <span className={classes.severity}>
        <SeverityMark severity={log.severity} />
      </span>
      <span className={classes.service} title={log.service_id}>
        {log.service_id}
      </span>
      {columns.map((column) => (
        <span key={column} className={classes.column}>
          {printable(columnText(log, column))}
        </span>
      ))}
      <span className={classes.message}>
        {props.repeats > 1 ? <span className={classes.tag}>×{props.repeats}</span> : null}
        {props.json ? (
          printable(JSON.stringify(log))
        ) : (
          <Message log={log} wrap={props.wrap} marks={props.marks ?? NO_MARKS} />
        )}
      </span>
    </div>
  );
});

function columnText(log: Log, column: string): string {
  if (column === "test_id" || column === "func_id" || column === "source") return log[column] ?? "";
  return flattenAttributes(log.attributes).find(([path]) => path === column)?.[1] ?? "";
}

function Message({ log, wrap, marks }: { log: Log; wrap: boolean; marks: Marks }) {
  const text = printable(log.message);
  const lines = text.split("\n");
  const first = wrap ? text : (lines[0] ?? "");
  const more = wrap ? 0 : lines.length - 1;
  const isJson = !wrap && /^\s*[[{]/.test(first) && /[\]}]\s*$/.test(text);
  return (
    <>
      {markedParts(first.length > 4000 ? `${first.slice(0, 4000)}…` : first, marks).map((part, index) =>
        part.isMarked ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move.
          <mark key={index}>
            <Words text={part.text} />
          </mark>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above.
          <Words key={index} text={part.text} />
        ),
      )}
      {more > 0 ? <span className={classes.tag}>+{more} lines</span> : null}
      {isJson ? <span className={classes.tag}>JSON</span> : null}
    </>
  );
}

function Words({ text }: { text: string }) {
  return splitMessage(text).map((part, index) =>
    part.varies ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move.
      <b key={index}>{part.text}</b>
    ) : (
      part.text
    ),
  );
}
