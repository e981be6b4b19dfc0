import type { ReactNode } from "react";
import { useZone } from "@/lib/time/time";
import classes from "./log-list.module.css";

type ListHeadProps = {
  /** Columns in addition to time, severity, service and message. */
  columns: readonly string[];
  /** Whether the times contain the day. */
  showsDay: boolean;
  /** At the right. */
  tools: ReactNode;
};

/** The names of the columns. */
export function ListHead({ columns, showsDay, tools }: ListHeadProps) {
  const [zone] = useZone();
  return (
    // biome-ignore lint/a11y/useSemanticElements: the list is a virtual table.
    // biome-ignore lint/a11y/useFocusableInteractive: the head row is not interactive.
    <div className={classes.head} role="row">
      <Head name={`Time, ${zone === "utc" ? "UTC" : "local"} ↓`} width={showsDay ? 142 : 96} />
      <Head name="Sev" width={48} />
      <Head name="Service" width={96} />
      {columns.map((column) => (
        <Head key={column} name={column} width={128} />
      ))}
      <Head name="Message" />
      {tools ? (
        // biome-ignore lint/a11y/useSemanticElements: as above.
        // biome-ignore lint/a11y/useFocusableInteractive: the head row is not interactive.
        <span role="columnheader" aria-label="Tools" className={classes.tools}>
          {tools}
        </span>
      ) : null}
    </div>
  );
}

function Head({ name, width }: { name: string; width?: number }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: the list is a virtual table.
    // biome-ignore lint/a11y/useFocusableInteractive: the head is not interactive.
    <span role="columnheader" className="clip" style={{ width, flex: "none" }}>
      {name}
    </span>
  );
}
