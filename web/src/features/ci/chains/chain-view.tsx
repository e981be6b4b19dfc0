import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { type LoopStep, LoopStrip } from "@/components/loop-strip";
import { ProblemNotice } from "@/components/page/notice";
import { PageFooter } from "@/components/page/page-footer";
import { SkeletonRows } from "@/components/page/skeleton";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { formatDay, formatDuration, useZone } from "@/lib/time/time";
import { dispatchState } from "../state-mark";
import { chainName } from "./chain-list";
import { type Chain, chainOptions } from "./chain-queries";
import classes from "./chains.module.css";
import { ChainEventRow } from "./events/chain-event";
import { type ChainEvent, secondsAfterCause, timelineOf } from "./timeline";
import { usePathOf } from "./use-path-of";

/** One chain as a timeline from its first cause to its last output. */
export function ChainView({ project, id }: { project: string; id: string }) {
  const chain = useQuery(chainOptions(id));
  const events = useMemo(() => (chain.data ? timelineOf(chain.data) : []), [chain.data]);
  const [selected, setSelected] = useState(0);
  const list = useRef<HTMLOListElement>(null);
  const navigate = useNavigate();
  const pathOf = usePathOf(project);
  usePageTitle(chain.data ? `${chainName(chain.data)} · Chains of ${project}` : `Chains of ${project}`);
  const select = (index: number) => {
    const next = Math.max(0, Math.min(events.length - 1, index));
    setSelected(next);
    const row = list.current?.children[next];
    if (row instanceof HTMLElement) row.focus();
  };
  const current = events[selected];
  const command = (name: string, label: string, keys: string[], run: () => void) => ({
    id: `chain-${name}`,
    label,
    group: "Chain",
    keys,
    run,
    inPalette: false,
  });
  useCommands([
    command("next", "Next step", ["j", "ArrowDown"], () => select(selected + 1)),
    command("previous", "Previous step", ["k", "ArrowUp"], () => select(selected - 1)),
    command("cause", "Back to the cause", ["b"], () => select(current?.cause ?? 0)),
    command("open", "Open the step", ["Enter"], () => {
      const path = current ? pathOf(current) : null;
      if (path) void navigate({ href: path });
    }),
  ]);
  return (
    <div className={classes.main}>
      {chain.error ? <ProblemNotice error={chain.error} onRetry={() => void chain.refetch()} /> : null}
      {chain.isPending && !chain.error ? <SkeletonRows rows={16} /> : null}
      {chain.data ? (
        <>
          <ChainHead chain={chain.data} events={events} />
          <ol ref={list} className={classes.timeline} aria-label="Steps of the chain">
            {events.map((event, index) => (
              <ChainEventRow
                key={event.key}
                project={project}
                event={event}
                seconds={secondsAfterCause(events, index)}
                isSelected={index === selected}
                onSelect={() => setSelected(index)}
                onFollow={(logId) => {
                  const effect = events.findIndex(
                    (other) => other.kind === "rule" && other.dispatch.cause?.[0] === logId,
                  );
                  if (effect >= 0) select(effect);
                }}
                onBack={
                  event.cause !== null && event.cause !== index - 1
                    ? () => select(event.cause ?? 0)
                    : undefined
                }
              />
            ))}
          </ol>
        </>
      ) : (
        <div className="grow" />
      )}
      <PageFooter
        keys={[
          ["J K", "step"],
          ["Enter", "open"],
          ["B", "back to the cause"],
        ]}
      >
        {chain.data ? (
          <span>
            <b>{events.length}</b> steps, <b>{chain.data.dispatches}</b>{" "}
            {chain.data.dispatches === 1 ? "workflow" : "workflows"}
          </span>
        ) : null}
      </PageFooter>
    </div>
  );
}

function ChainHead({ chain, events }: { chain: Chain; events: readonly ChainEvent[] }) {
  const [zone] = useZone();
  const seconds = (Date.parse(chain.last_at) - Date.parse(chain.started_at)) / 1000;
  return (
    <div className={classes.head}>
      <div>
        <div className="muted small">
          Chain of {formatDay(new Date(chain.started_at), zone)}, {formatDuration(Math.max(0, seconds))}
        </div>
        <h1>{chainName(chain)}</h1>
      </div>
      <div className={classes.loop}>
        <LoopStrip steps={stripOf(events)} />
      </div>
    </div>
  );
}

const MAX_STRIP = 7;

/** The chain in one line: logs, rules and workflows. */
function stripOf(events: readonly ChainEvent[]): LoopStep[] {
  const steps = events.flatMap((event, index): LoopStep[] => {
    const seconds = secondsAfterCause(events, index);
    const delta = seconds !== null && seconds > 0 ? `+${formatDuration(seconds)}` : undefined;
    switch (event.kind) {
      case "log":
        return [{ kind: "log", name: "Log", note: event.log?.service_id ?? "", state: "done" }];
      case "analysis":
        return [{ kind: "explanation", name: "Explanation", note: "", state: "done" }];
      case "request":
        return [{ kind: "explanation", name: "Person", note: event.by ?? "", state: "done" }];
      case "rule":
        return [
          { kind: "explanation", name: "Rule", note: event.dispatch.rule_name ?? "", state: "done", delta },
        ];
      case "run":
        return [
          {
            kind: "workflow",
            name: "Workflow",
            note: event.run.conclusion ?? event.run.status,
            state: event.run.status === "completed" ? "done" : "now",
            delta,
          },
        ];
      case "dispatch":
        return events[index + 1]?.kind === "run"
          ? []
          : [
              {
                kind: "workflow",
                name: "Workflow",
                note: dispatchState(event.dispatch)[1],
                state: event.dispatch.state === "pending" ? "now" : "done",
                delta,
              },
            ];
      case "output":
        return [{ kind: "log", name: "Log", note: `${event.count} lines`, state: "done", delta }];
      case "next":
        return [{ kind: "log", name: "Log", note: "its output", state: "next" }];
      default:
        return [];
    }
  });
  // A delta belongs on the segment that leads to its step.
  return steps.slice(0, MAX_STRIP).map((step, index, all) => ({ ...step, delta: all[index + 1]?.delta }));
}
