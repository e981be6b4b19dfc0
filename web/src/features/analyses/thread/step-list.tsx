import { UnstyledButton } from "@mantine/core";
import { IconCheck, IconChevronDown, IconChevronRight, IconPoint } from "@tabler/icons-react";
import { useState } from "react";
import { formatDuration } from "@/lib/time/time";
import type { Turn } from "./analysis-stream";
import classes from "./thread.module.css";

/** What the analyzer did, step by step. It is folded when it is done. */
export function StepList({ turn, isRunning }: { turn: Turn; isRunning: boolean }) {
  const [opened, setOpened] = useState(false);
  if (turn.steps.length === 0) return null;
  const asked = turn.steps.findLast(({ stage }) => stage === "asking");
  const shown = isRunning || opened ? turn.steps : [];
  return (
    <div>
      {isRunning ? null : (
        <UnstyledButton className={classes.fold} aria-expanded={opened} onClick={() => setOpened(!opened)}>
          {opened ? <IconChevronDown size={12} aria-hidden /> : <IconChevronRight size={12} aria-hidden />}
          {asked ? "What was read and sent" : "What was read"}
          <span className="muted clip">{opened ? "" : (asked?.text ?? turn.steps.at(-1)?.text)}</span>
        </UnstyledButton>
      )}
      <ul className={classes.steps} aria-label="Steps">
        {shown.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps are only added at the end.
          <li key={index}>
            {index < turn.steps.length - 1 || !isRunning ? (
              <IconCheck size={12} aria-label="done" className="ok" />
            ) : (
              <IconPoint size={12} aria-label="in progress" />
            )}
            <span className="grow">{step.text}</span>
            {step.seconds === null ? null : <span>{formatDuration(step.seconds)}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
