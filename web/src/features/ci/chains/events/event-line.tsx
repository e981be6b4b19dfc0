import type { ReactNode } from "react";
import classes from "../chains.module.css";

type EventLineProps = { kind: string; links?: ReactNode; children: ReactNode };

/** The first line of an event: its kind, what it was, and where to read more. */
export function EventLine({ kind, links, children }: EventLineProps) {
  return (
    <div className={classes.line}>
      <span className={classes.kind}>{kind}</span>
      {children}
      <span className="grow" />
      <span className={classes.links}>{links}</span>
    </div>
  );
}
