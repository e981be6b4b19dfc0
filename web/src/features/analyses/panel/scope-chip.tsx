import { Button, TextInput } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { TimeRangePicker } from "@/components/time-range-picker";
import { serverNow } from "@/lib/api/server-clock";
import { formatClock, formatCount, formatDay, formatDuration, useZone } from "@/lib/time/time";
import { rangeBounds, type TimeRange } from "@/lib/time/time-range";
import type { AnalysisScope } from "../analysis-queries";
import classes from "./analyze-panel.module.css";

const LONGEST_MS = 365 * 86_400_000;

type ScopeChipProps = {
  scope: AnalysisScope;
  count: number | undefined;
  onChange: (scope: AnalysisScope) => void;
  onReset: (() => void) | null;
};

/** The lines that an analysis reads: filter, length and number. A click edits them. */
export function ScopeChip({ scope, count, onChange, onReset }: ScopeChipProps) {
  const [edits, setEdits] = useState(false);
  return (
    <div className={classes.scope}>
      <button type="button" className={classes.chip} aria-expanded={edits} onClick={() => setEdits(!edits)}>
        <ScopeText scope={scope} count={count} />
        <IconPencil size={12} aria-label="Edit" />
      </button>
      {edits ? (
        <ScopeForm
          scope={scope}
          onApply={(next) => {
            onChange(next);
            setEdits(false);
          }}
          onReset={onReset}
        />
      ) : null}
    </div>
  );
}

/** Names a scope: its filter, its length and how many lines it has. */
export function ScopeText({ scope, count }: { scope: AnalysisScope; count: number | undefined }) {
  const [zone] = useZone();
  const since = new Date(scope.since);
  const until = new Date(scope.until);
  const seconds = (until.getTime() - since.getTime()) / 1000;
  const day = formatDay(since, zone);
  const title = `${day} ${formatClock(since, zone)} to ${formatDay(until, zone) === day ? "" : `${formatDay(until, zone)} `}${formatClock(until, zone)}`;
  return (
    <span className="clip" title={`${scope.q || "every line"}, ${title}`}>
      {scope.q ? <span className="mono">{scope.q}</span> : "Every line"}, {formatClock(since, zone)} +
      {formatDuration(seconds)}
      {count === undefined ? null : (
        <>
          , <b>{formatCount(count)} lines</b>
        </>
      )}
    </span>
  );
}

function ScopeForm({
  scope,
  onApply,
  onReset,
}: {
  scope: AnalysisScope;
  onApply: (scope: AnalysisScope) => void;
  onReset: (() => void) | null;
}) {
  const [q, setQ] = useState(scope.q);
  const [range, setRange] = useState<TimeRange>({ from: scope.since, to: scope.until });
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    const { start, end } = rangeBounds(range, serverNow());
    onApply({
      q: q.trim(),
      since: (start ?? new Date(end.getTime() - LONGEST_MS)).toISOString(),
      until: end.toISOString(),
    });
  };
  return (
    <form className={`${classes.edit} grow`} onSubmit={handleSubmit}>
      <TextInput
        label="Filter"
        placeholder="every line"
        value={q}
        onChange={(event) => setQ(event.currentTarget.value)}
      />
      <div className="row">
        <TimeRangePicker value={range} onChange={setRange} />
        <span className="grow" />
        {onReset ? <Button onClick={onReset}>Use the page's filter</Button> : null}
        <Button type="submit" variant="filled">
          Apply
        </Button>
      </div>
    </form>
  );
}
