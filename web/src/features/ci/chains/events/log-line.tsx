import { LogRow } from "@/features/logs/list/log-row";
import { useZone } from "@/lib/time/time";
import type { Log } from "../../ci-queries";
import classes from "../chains.module.css";

const NO_COLUMNS: readonly string[] = [];

/** A line in the rows of the log list. */
export function LogLine({ log }: { log: Log }) {
  const [zone] = useZone();
  return (
    <div className={`${classes.lines} grow`}>
      <LogRow
        log={log}
        repeats={1}
        zone={zone}
        wrap={false}
        json={false}
        isSelected={false}
        isOpen={false}
        citation={undefined}
        isCitationActive={false}
        inTrace={false}
        columns={NO_COLUMNS}
        showsDay={false}
      />
    </div>
  );
}
