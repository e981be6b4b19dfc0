import { Button, Popover, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconClock } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useZone } from "@/lib/time/time";
import { nameRange, RANGES, type TimeRange } from "@/lib/time/time-range";
import classes from "./time-range-picker.module.css";

const TimeRangeFields = lazy(async () => ({
  default: (await import("./time-range-fields")).TimeRangeFields,
}));

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
        {opened ? (
          <Suspense fallback={null}>
            <TimeRangeFields value={value} zone={zone} onApply={choose} />
          </Suspense>
        ) : null}
      </Popover.Dropdown>
    </Popover>
  );
}
