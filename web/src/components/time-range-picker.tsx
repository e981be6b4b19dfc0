import { Button, Popover, TextInput, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconClock } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { formatMoment, useZone } from "@/lib/time/time";
import { ageSeconds, nameRange, RANGES, rangeBounds, type TimeRange } from "@/lib/time/time-range";
import classes from "./time-range-picker.module.css";

/** Reads "2026-11-26 16:51:20" in the zone that is shown, or an ISO time. Returns null when it is neither. */
function readMoment(text: string, zone: "utc" | "local"): string | null {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  const iso = trimmed.replace(" ", "T");
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(iso);
  const moment = new Date(
    zone === "utc" && !hasZone ? `${iso.length === 10 ? `${iso}T00:00:00` : iso}Z` : iso,
  );
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}

/** Chooses the time range: a length back from now, or two moments. */
export function TimeRangePicker({
  value,
  onChange,
}: {
  value: TimeRange;
  onChange: (range: TimeRange) => void;
}) {
  const [opened, setOpened] = useState(false);
  const [zone] = useZone();
  const choose = (range: TimeRange) => {
    setOpened(false);
    onChange(range);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button
          h={32}
          leftSection={<IconClock size={16} aria-hidden />}
          rightSection={<IconChevronDown size={12} aria-hidden />}
          aria-label={`Time range: ${nameRange(value, zone)}`}
          onClick={() => setOpened(!opened)}
        >
          {nameRange(value, zone)}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown}>
        <div className={classes.ages}>
          {RANGES.map(([range, name]) => (
            <UnstyledButton
              key={range}
              className={classes.age}
              data-on={value.range === range || undefined}
              onClick={() => choose({ range })}
            >
              {name}
            </UnstyledButton>
          ))}
        </div>
        {opened ? <Moments value={value} zone={zone} onApply={choose} /> : null}
      </Popover.Dropdown>
    </Popover>
  );
}

function Moments({
  value,
  zone,
  onApply,
}: {
  value: TimeRange;
  zone: "utc" | "local";
  onApply: (range: TimeRange) => void;
}) {
  const bounds = rangeBounds(value, new Date());
  const [from, setFrom] = useState(bounds.start ? formatMoment(bounds.start, zone) : "");
  const [to, setTo] = useState(value.to ? formatMoment(bounds.end, zone) : "");
  const [error, setError] = useState<{ from?: string; to?: string }>({});
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (ageSeconds(from.trim()) !== null && to.trim() === "") return onApply({ range: from.trim() });
    const start = readMoment(from, zone);
    const end = readMoment(to, zone);
    const hint = "Write 2026-11-26 16:51:20";
    if (start === null || end === null) {
      return setError({ ...(start === null ? { from: hint } : {}), ...(end === null ? { to: hint } : {}) });
    }
    if (start && end && start >= end) return setError({ to: "The end must be after the start" });
    onApply({ from: start || undefined, to: end || undefined });
  };
  return (
    <form className={classes.moments} onSubmit={handleSubmit}>
      <TextInput
        label={`From (${zone === "utc" ? "UTC" : "local time"})`}
        placeholder="2026-11-26 16:51:20 or 3h"
        value={from}
        error={error.from}
        onChange={(event) => setFrom(event.currentTarget.value)}
      />
      <TextInput
        label="To"
        placeholder="now"
        value={to}
        error={error.to}
        onChange={(event) => setTo(event.currentTarget.value)}
      />
      <Button type="submit" variant="filled">
        Apply
      </Button>
    </form>
  );
}
