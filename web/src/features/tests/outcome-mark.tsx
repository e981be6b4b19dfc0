import { useInViewport } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { formatDuration, formatMoment, useZone } from "@/lib/time/time";
import { OUTCOME_SIGNS, verdictOf, weightOf } from "./outcomes";
import { HISTORY_LENGTH, type HistoryItem, historyOptions } from "./test-queries";
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
    return `${item.outcome}${duration}, ${formatMoment(new Date(item.at), zone)}`;
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

/** The same, with a button for each run. */
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
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset does not lay out as a row.
    <span className={classes.history} role="group" aria-label="Runs, newest right">
      {items.toReversed().map((item) => (
        <button
          key={item.log_id}
          type="button"
          className={classes.dot}
          data-weight={weightOf(item.outcome)}
          aria-pressed={item.log_id === chosen}
          aria-label={title(item)}
          title={title(item)}
          onClick={() => onChoose(item)}
        >
          <i />
        </button>
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
export function VerdictCell({ project, test }: { project: string; test: string }) {
  const { data } = useQuery({ ...historyOptions(project, test), enabled: false });
  return data ? verdictOf(data.items, data.flakiness) : "";
}

export function DurationCell({ project, test }: { project: string; test: string }) {
  const { data } = useQuery({ ...historyOptions(project, test), enabled: false });
  const duration = data?.items[0]?.duration_s;
  return duration === undefined || duration === null ? "" : formatDuration(duration);
}
