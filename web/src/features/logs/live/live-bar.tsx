import { UnstyledButton } from "@mantine/core";
import { ProblemNotice } from "@/components/page/notice";
import type { LogTail, TailSnapshot } from "@/lib/api/log-tail";
import { formatCount, formatDuration } from "@/lib/time/time";
import classes from "./live.module.css";
import { useTailSnapshot } from "./use-live-tail";

/** What the live tail does: state and its reason, rate, delay, and lines that the server left out. */
export function LiveBar({ live, atEnd }: { live: TailSnapshot; atEnd: boolean }) {
  if (live.state === "failed") return <ProblemNotice error={live.problem} title="The live tail ended." />;
  const [state, reason] =
    live.state === "connecting"
      ? ["Connecting", ""]
      : live.state === "waiting"
        ? ["Interrupted", "connecting again; missed lines are fetched"]
        : atEnd
          ? ["Live", ""]
          : ["Paused", "because you scrolled up"];
  return (
    <div className={classes.bar} role="status">
      <span className={live.state === "open" && atEnd ? classes.on : classes.off} aria-hidden>
        ●
      </span>
      <strong>{state}</strong>
      <span className="muted">{reason}</span>
      {live.state === "open" ? (
        <span>
          <b>{formatCount(live.rate)}</b> lines/s
        </span>
      ) : null}
      {live.lagSeconds === null ? null : (
        <span>
          <b>{formatDuration(live.lagSeconds)}</b> behind
        </span>
      )}
      {live.skipped > 0 ? <span className="caution">▲ {formatCount(live.skipped)} left out</span> : null}
      <span className="grow" />
      <span className="muted">keeps the last 100,000 lines</span>
    </div>
  );
}

/** How many lines a tail has received. */
export function SinceLive({ tail }: { tail: LogTail | null }) {
  return <>, {formatCount(useTailSnapshot(tail).received)} since live</>;
}

/** The new lines below a list that was scrolled up. It is docked under the list and covers nothing. */
export function NewLines({ count, onResume }: { count: number; onResume: () => void }) {
  return (
    <UnstyledButton className={classes.docked} onClick={onResume}>
      <strong>↓ {formatCount(count)} new lines</strong>
      <span className="grow" />
      Resume <kbd>End</kbd>
    </UnstyledButton>
  );
}
