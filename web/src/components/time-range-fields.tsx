import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { formatMoment } from "@/lib/time/time";
import { ageSeconds, rangeBounds, type TimeRange } from "@/lib/time/time-range";
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

/** Takes two moments, or an age such as 3h. */
export function TimeRangeFields({
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
