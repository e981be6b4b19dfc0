import { IconRefresh } from "@tabler/icons-react";
import { PageFooter } from "@/components/page/page-footer";
import type { LogTail } from "@/lib/api/log-tail";
import { formatClock, formatCount, useZone } from "@/lib/time/time";
import { SinceLive } from "./live/live-bar";
import type { Histogram, LogPage } from "./log-queries";
import classes from "./log-viewer.module.css";
import type { ResolvedScope } from "./use-log-scope";

type ViewerFooterProps = {
  chart: Histogram | undefined;
  /** The first page of the search; undefined until it is there. */
  first: LogPage | undefined;
  resolved: ResolvedScope;
  tail: LogTail | null;
  isLive: boolean;
};

/** How many lines match, what the search read, and of which moment it is. */
export function ViewerFooter({ chart, first, resolved, tail, isLive }: ViewerFooterProps) {
  const [zone] = useZone();
  return (
    <PageFooter
      keys={[
        ["J K", "move"],
        ["Enter", "open"],
        ["[ ]", "earlier, later"],
      ]}
    >
      <span>
        <b>{chart ? formatCount(chart.total) : "…"}</b> lines match
        {isLive ? <SinceLive tail={tail} /> : null}
      </span>
      {first ? (
        <span>
          read {formatCount(first.scanned.logs)} in <b>{Math.round(first.took_ms)} ms</b>
          {first.partial ? " · a limit ended the search early" : ""}
        </span>
      ) : null}
      {first?.hints.map((hint) => (
        <span key={hint} className="caution">
          {hint}
        </span>
      ))}
      {isLive ? null : (
        <button
          type="button"
          className={classes.asOf}
          title="Search again up to now (R)"
          onClick={resolved.refresh}
        >
          <IconRefresh size={11} aria-hidden /> as of {formatClock(resolved.asOf, zone)}
        </button>
      )}
    </PageFooter>
  );
}
