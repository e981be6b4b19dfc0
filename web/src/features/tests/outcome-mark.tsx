import { useInViewport } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { KeyboardEvent } from "react";
import { formatDay, formatDuration, formatMoment, useZone } from "@/lib/time/time";
import { shortCommit } from "./comparison/verdict-words";
import { flakyWords, OUTCOME_SIGNS, verdictOf, weightOf } from "./outcomes";
import { flakyOptions, HISTORY_LENGTH, type HistoryItem, historyOptions, type Test } from "./test-queries";
import classes from "./tests.module.css";

/** An outcome as sign and word. */
export function OutcomeMark({ outcome, sign = false }: { outcome: string | null; sign?: boolean }) {
  const shape = Object.entries(OUTCOME_SIGNS).find(([name]) => name === outcome)?.[1] ?? "·";
  const word = outcome ?? "never ran";
  return (
    <span className={`${classes.outcome} ${classes[weightOf(outcome)]}`}>
      <i aria-hidden>{shape}</i>
      {sign ? <span className="visually-hidden">{word}</span> : word}
    </span>
  );
}

/** What a dot of a history stands for, in words. */
function useDotTitle(): (item: HistoryItem) => string {
  const [zone] = useZone();
  return (item) => {
    const duration = item.duration_s === null ? "" : ` after ${formatDuration(item.duration_s)}`;
    const commit = item.commit ? `, commit ${shortCommit(item.commit)}` : "";
    return `${item.outcome}${duration}, ${formatMoment(new Date(item.at), zone)}${commit}`;
  };
}

/** The outcomes of the newest runs of a test; the newest is at the right. */
export function History({ items }: { items: readonly HistoryItem[] }) {
  const title = useDotTitle();
  const bad = items.filter((item) => weightOf(item.outcome) === "bad").length;
  return (
    <span className={classes.history} role="img" aria-label={`${bad} of ${items.length} runs failed`}>
      {items.toReversed().map((item) => (
        <span
          key={item.log_id}
          className={classes.dot}
          data-weight={weightOf(item.outcome)}
          title={title(item)}
        >
          <i />
        </span>
      ))}
    </span>
  );
}

const STEPS: Record<string, number> = { ArrowLeft: 1, ArrowDown: 1, ArrowRight: -1, ArrowUp: -1 };

/** The same, to choose a run: with a click, or with the arrow keys. Single dots are too small to be buttons. */
export function HistoryPicker({
  items,
  chosen,
  onChoose,
}: {
  items: readonly HistoryItem[];
  chosen: string | undefined;
  onChoose: (item: HistoryItem) => void;
}) {
  const title = useDotTitle();
  const index = items.findIndex((item) => item.log_id === chosen);
  const item = items[index];
  const handleKey = (event: KeyboardEvent) => {
    const next = items[index + (STEPS[event.key] ?? 0)];
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    if (next) onChoose(next);
  };
  if (items.length === 0) return null;
  return (
    <span
      className={`${classes.history} ${classes.picker}`}
      role="slider"
      aria-label="Run"
      aria-valuemin={1}
      aria-valuemax={items.length}
      aria-valuenow={item ? items.length - index : items.length}
      aria-valuetext={item ? title(item) : "an earlier run"}
      tabIndex={0}
      onKeyDown={handleKey}
      // The keys of the page stay with the page after a click.
      onMouseDown={(event) => event.preventDefault()}
    >
      {items.toReversed().map((run) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys of the slider do the same.
        // biome-ignore lint/a11y/useKeyWithClickEvents: as above.
        <span
          key={run.log_id}
          className={classes.dot}
          data-weight={weightOf(run.outcome)}
          data-chosen={run === item || undefined}
          title={title(run)}
          onClick={() => onChoose(run)}
        >
          <i />
        </span>
      ))}
    </span>
  );
}

/** The history of a test in a table. It is read when its row comes into view. */
export function HistoryCell({ project, test }: { project: string; test: string }) {
  const { ref, inViewport } = useInViewport();
  const history = useQuery({ ...historyOptions(project, test), enabled: inViewport });
  return (
    <span ref={ref} style={{ display: "inline-block", minWidth: HISTORY_LENGTH * 8, minHeight: 16 }}>
      {history.data ? <History items={history.data.items} /> : null}
    </span>
  );
}

/** What the history of a test amounts to, and how long the test took. Both come with HistoryCell. */
export function VerdictCell({ project, test }: { project: string; test: Test }) {
  const [zone] = useZone();
  const { data } = useQuery({ ...historyOptions(project, test.test_id), enabled: false });
  const flaky = useQuery(flakyOptions(project)).data?.find(({ test_id: id }) => id === test.test_id);
  if (test.quarantined_until) {
    return (
      <span title={test.quarantine_reason ?? undefined}>
        in quarantine until {formatDay(new Date(test.quarantined_until), zone)}
      </span>
    );
  }
  if (flaky) return flakyWords(flaky);
  return data ? verdictOf(data.items, data.flakiness) : "";
}

export function DurationCell({ project, test }: { project: string; test: string }) {
  const { data } = useQuery({ ...historyOptions(project, test), enabled: false });
  const duration = data?.items[0]?.duration_s;
  return duration === undefined || duration === null ? "" : formatDuration(duration);
}
