import { createContext, useContext } from "react";
import { formatClockMillis, useZone } from "@/lib/time/time";
import type { EvidenceLine } from "../analysis-queries";
import classes from "./citations.module.css";

export type Citations = {
  /** The number of each cited log, the same in the text and beside the line. */
  numbers: ReadonlyMap<string, number>;
  /** The cited line that is marked now. */
  active: string | undefined;
  onShow: (logId: string) => void;
  /** Cited lines as the report has them, by log id. */
  lines: ReadonlyMap<string, EvidenceLine>;
};

const NONE: Citations = { numbers: new Map(), active: undefined, onShow: () => undefined, lines: new Map() };
const CitationsContext = createContext<Citations>(NONE);

export const CitationsProvider = CitationsContext.Provider;
export const useCitations = (): Citations => useContext(CitationsContext);

/** The number of a cited line. A click shows the line. */
export function CitationPill({ logId }: { logId: string }) {
  const { numbers, active, onShow, lines } = useCitations();
  const [zone] = useZone();
  const number = numbers.get(logId);
  const line = lines.get(logId);
  if (number === undefined) return null;
  const name = line
    ? `${line.service_id}, ${formatClockMillis(new Date(line.timestamp), zone)}: ${line.message.slice(0, 200)}`
    : "cited line";
  return (
    <button
      type="button"
      className={classes.pill}
      aria-pressed={logId === active}
      aria-label={`Show line ${number}: ${name}`}
      title={name}
      onClick={() => onShow(logId)}
    >
      {number}
    </button>
  );
}

/** The numbers of cited lines; those beyond `max` are only counted. */
export function CitationPills({ logIds, max = 3 }: { logIds: readonly string[]; max?: number }) {
  return (
    <span className={classes.pills}>
      {logIds.slice(0, max).map((id) => (
        <CitationPill key={id} logId={id} />
      ))}
      {logIds.length > max ? <span className="muted small">+{logIds.length - max}</span> : null}
    </span>
  );
}
