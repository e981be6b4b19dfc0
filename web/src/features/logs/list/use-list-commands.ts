import type { TailItem } from "@/lib/api/log-tail";
import { type Command, useCommands } from "@/lib/page/commands";
import type { Log } from "../log-queries";
import type { LogActions } from "./log-details";
import { traceOf } from "./rows";

type ListKeys = {
  rows: readonly TailItem[];
  selectedIndex: number;
  select: (index: number) => void;
  toggle: () => void;
  close: () => void;
  current: () => Log | undefined;
  actions: LogActions;
  isOpen: boolean;
};

/** The keys that move through the list and act on the selected line. */
export function useListCommands({
  rows,
  selectedIndex,
  select,
  toggle,
  close,
  current,
  actions,
  isOpen,
}: ListKeys): void {
  const start = selectedIndex < 0 ? rows.length : selectedIndex;
  const command = (id: string, label: string, keys: string[], run: () => void): Command => ({
    id: `list-${id}`,
    label,
    group: "Log list",
    keys,
    run,
    inPalette: false,
  });
  const withLog = (use: ((log: Log) => void) | undefined) => () => {
    const log = current();
    if (log) use?.(log);
  };
  useCommands([
    command("next", "Next line", ["j", "ArrowDown"], () => select(selectedIndex + 1)),
    command("previous", "Previous line", ["k", "ArrowUp"], () => select(start - 1)),
    command("first", "First loaded line", ["g"], () => select(0)),
    command("last", "Last line", ["Shift+g", "End"], () => select(rows.length - 1)),
    command("open", "Open or close the line", ["Enter"], toggle),
    ...(isOpen ? [command("close", "Close the line", ["Escape"], close)] : []),
    ...(actions.onContext
      ? [command("context", "Show the lines around it", ["c"], withLog(actions.onContext))]
      : []),
    ...(actions.onTrace
      ? [
          command("trace", "Show all lines of its trace", ["t"], () => {
            const log = current();
            const trace = log ? traceOf(log) : null;
            if (trace) actions.onTrace?.(trace.path, trace.value);
          }),
        ]
      : []),
    command(
      "copy",
      "Copy the message",
      ["y"],
      withLog((log) => void navigator.clipboard?.writeText(log.message)),
    ),
    ...(actions.linkOf
      ? [
          command(
            "link",
            "Copy a link to the line",
            ["Shift+y"],
            withLog((log) => void navigator.clipboard?.writeText(actions.linkOf?.(log) ?? "")),
          ),
        ]
      : []),
  ]);
}
