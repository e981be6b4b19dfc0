import { LoopShape } from "@/components/loop-strip";
import { formatClockMillis, formatDuration, useZone } from "@/lib/time/time";
import classes from "../chains.module.css";
import type { ChainEvent } from "../timeline";
import { EventBody } from "./event-body";

const SHAPES = {
  log: "log",
  output: "log",
  analysis: "explanation",
  request: "explanation",
  rule: "explanation",
  blocked: "explanation",
  dispatch: "workflow",
  run: "workflow",
  next: "log",
} as const;

type ChainEventRowProps = {
  project: string;
  event: ChainEvent;
  /** Time since what led to it. */
  seconds: number | null;
  isSelected: boolean;
  onSelect: () => void;
  /** Goes to the rule that a line of the output made fire. */
  onFollow: (logId: string) => void;
  /** Goes to the cause, when it is not the event above. */
  onBack: (() => void) | undefined;
};

/** One step of a chain: when, its shape on the spine, and what it was. */
export function ChainEventRow(props: ChainEventRowProps) {
  const { event, seconds, isSelected } = props;
  const [zone] = useZone();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: J, K and Enter do the same by key.
    <li
      className={classes.event}
      data-kind={event.kind}
      data-selected={isSelected || undefined}
      tabIndex={-1}
      aria-current={isSelected ? "step" : undefined}
      onClick={({ target }) => {
        // Links and buttons lead elsewhere, maybe to another step.
        if (!(target instanceof Element && target.closest("a, button"))) props.onSelect();
      }}
    >
      <div className={classes.time}>
        {event.at ? formatClockMillis(new Date(event.at), zone) : event.kind === "next" ? "next" : ""}
        {seconds === null || seconds === 0 ? null : <small>+{formatDuration(seconds)}</small>}
      </div>
      <div className={classes.spine}>
        <span className={classes.node}>
          <LoopShape kind={SHAPES[event.kind]} state={stateOf(event)} />
        </span>
      </div>
      <div className={classes.body}>
        <EventBody project={props.project} event={event} onFollow={props.onFollow} onBack={props.onBack} />
      </div>
    </li>
  );
}

function stateOf(event: ChainEvent): "done" | "now" | "next" {
  if (event.kind === "next" || event.kind === "blocked") return "next";
  if (event.kind === "run" && event.run.status !== "completed") return "now";
  if (
    event.kind === "dispatch" &&
    (event.dispatch.state === "pending" || event.dispatch.state === "sending")
  ) {
    return "now";
  }
  return "done";
}
