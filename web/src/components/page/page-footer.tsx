import { UnstyledButton } from "@mantine/core";
import type { ReactNode } from "react";
import { useZone } from "@/lib/time/time";
import classes from "./page-footer.module.css";

/** The last line of each page: what is shown, some keys, and the zone of all times. */
export function PageFooter({
  children,
  keys = [],
}: {
  children?: ReactNode;
  keys?: [key: string, action: string][];
}) {
  const [zone, setZone] = useZone();
  return (
    <footer className={classes.footer}>
      {children}
      <span className="grow" />
      <span className={classes.keys}>
        {[...keys, ["?", "all keys"] as const].map(([key, action]) => (
          <span key={key}>
            <kbd>{key}</kbd> {action}
          </span>
        ))}
      </span>
      <UnstyledButton
        className={classes.zone}
        title="Switch between UTC and the time of this computer"
        onClick={() => setZone(zone === "utc" ? "local" : "utc")}
      >
        Times in <b>{zone === "utc" ? "UTC" : "local time"}</b>
      </UnstyledButton>
    </footer>
  );
}
