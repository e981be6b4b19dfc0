import { Button } from "@mantine/core";
import { IconZoomCode } from "@tabler/icons-react";
import { type ReactNode, Suspense, useCallback, useMemo, useState } from "react";
import { serverNow } from "@/lib/api/server-clock";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { formatClockMillis } from "@/lib/time/time";
import type { AnalyzeScope, AnalyzeSlot, AnalyzeSlotProps } from "./analyze-slot";
import { traceOf } from "./list/rows";
import type { Log } from "./log-queries";
import type { ChangeSearch, LogsSearch } from "./logs-search";
import type { ResolvedScope } from "./use-log-scope";

const LONGEST_MS = 365 * 86_400_000;
const BEFORE_LINE_MS = 10 * 60_000;
const AFTER_LINE_MS = 60_000;
const QUOTED = 300;

type AnalyzeOptions = {
  slot: AnalyzeSlot | undefined;
  project: string;
  search: LogsSearch;
  onChange: ChangeSearch;
  resolved: ResolvedScope;
  /** Lines that the list shows, so that a cited one is scrolled to. */
  loaded: readonly Log[];
  /** When the first line of an open range is. */
  firstLine: string | undefined;
};

type Analyze = {
  button: ReactNode;
  panel: ReactNode;
  citations: ReadonlyMap<string, number> | undefined;
  activeLine: string | undefined;
  onAnalyzeLine: ((log: Log) => void) | undefined;
};

/** The Analyze button, its panel beside the lines, and the cited lines. */
export function useAnalyzePanel(options: AnalyzeOptions): Analyze {
  const { slot: Panel, project, search, onChange, resolved, loaded, firstLine } = options;
  const [citations, setCitations] = useState<ReadonlyMap<string, number>>();
  const [active, setActive] = useState<{ id: string; number: number }>();
  const [line, setLine] = useState<AnalyzeSlotProps["line"]>();
  const [round, setRound] = useState(0);
  const { edit } = useRights(project);
  const { analysis } = search;
  const mayToggle = Panel !== undefined && (edit || analysis !== undefined);
  const isNew = analysis === "new";
  // biome-ignore lint/correctness/useExhaustiveDependencies: a live range ends when the panel opens.
  const scope = useMemo<AnalyzeScope>(() => {
    const until = resolved.scope.until ?? serverNow().toISOString();
    const since = resolved.scope.since ?? firstLine ?? new Date(Date.parse(until) - LONGEST_MS).toISOString();
    return { q: resolved.scope.q, since, until };
  }, [resolved, firstLine, isNew]);

  const close = () => {
    setActive(undefined);
    setLine(undefined);
    onChange({ analysis: undefined });
  };
  const toggle = () => (analysis ? close() : onChange({ analysis: "new" }));
  const analyzeLine = (log: Log) => {
    setLine(questionAbout(log));
    setRound(round + 1);
    onChange({ analysis: "new" });
  };
  const showLine = useCallback(
    (id: string, closes = false) => {
      setActive({ id, number: citations?.get(id) ?? 1 });
      const isLoaded = loaded.some((log) => log.id === id);
      const line = { around: isLoaded ? undefined : id, view: undefined, collapse: undefined };
      onChange(closes ? { ...line, analysis: undefined } : line);
    },
    [loaded, onChange, citations],
  );
  useCommands(
    mayToggle
      ? [{ id: "analyze", label: "Analyze these lines", group: "Logs", keys: ["a"], run: toggle }]
      : [],
  );
  if (!Panel) {
    return {
      button: null,
      panel: null,
      citations: undefined,
      activeLine: undefined,
      onAnalyzeLine: undefined,
    };
  }
  const button = edit ? (
    <Button
      h={32}
      aria-pressed={analysis !== undefined}
      leftSection={<IconZoomCode size={16} aria-hidden />}
      rightSection={<kbd>A</kbd>}
      onClick={toggle}
    >
      Analyze
    </Button>
  ) : null;
  const panel = analysis ? (
    <Suspense fallback={null}>
      <Panel
        key={round}
        project={project}
        analysis={analysis}
        scope={scope}
        line={line}
        activeLine={active?.id}
        onOpenAnalysis={(next) => {
          if (next !== "new") setLine(undefined);
          onChange({ analysis: next });
        }}
        onClose={close}
        onCitations={setCitations}
        onShowLine={showLine}
      />
    </Suspense>
  ) : null;
  const marked = active ? new Map([[active.id, active.number]]) : undefined;
  return {
    button,
    panel,
    // A sheet closes to show a line; the line stays marked.
    citations: analysis ? citations : marked,
    activeLine: active?.id,
    onAnalyzeLine: edit ? analyzeLine : undefined,
  };
}

/** Asks about one line: the minutes before it, of its trace if it has one, and what it says. */
function questionAbout(log: Log): NonNullable<AnalyzeSlotProps["line"]> {
  const at = new Date(log.timestamp);
  const text = (log.message.split("\n")[0] ?? "").slice(0, QUOTED);
  const trace = traceOf(log);
  return {
    scope: {
      q: "",
      since: new Date(at.getTime() - BEFORE_LINE_MS).toISOString(),
      until: new Date(at.getTime() + AFTER_LINE_MS).toISOString(),
    },
    question:
      `Why did ${log.service_id} log "${text}" at ${formatClockMillis(at, "utc")} UTC?` +
      (trace ? ` Its trace is ${trace.value}.` : ""),
  };
}
