import { Button } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { LogList } from "@/features/logs/list/log-list";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { addTerm, fieldTerm } from "@/lib/text/filter-text";
import type { TimeRange } from "@/lib/time/time-range";
import { HistoryPicker, OutcomeMark } from "./outcome-mark";
import { verdictOf } from "./outcomes";
import { historyOptions, linesAround, testLinesOptions, testOptions } from "./test-queries";
import classes from "./tests.module.css";

type TestPanelProps = {
  project: string;
  id: string;
  /** The log with the outcome of the run that is shown. */
  chosenRun: string | undefined;
  onChooseRun: (run: string | undefined) => void;
  openLog: string | undefined;
  onOpenLog: (id: string | undefined) => void;
  onClose: () => void;
};

/** One test: its runs, and the lines that it wrote in one of them. */
export function TestPanel(props: TestPanelProps) {
  const { project, id, chosenRun, onChooseRun, openLog, onOpenLog, onClose } = props;
  const navigate = useNavigate();
  const { edit } = useRights(project);
  const test = useQuery(testOptions(project, id));
  const history = useQuery(historyOptions(project, id));
  const items = history.data?.items ?? [];
  const chosen = items.find((item) => item.log_id === chosenRun) ?? items[0];
  const lines = useQuery({
    ...testLinesOptions(project, id, chosen),
    enabled: !history.isPending,
  });
  const shown = useMemo(() => lines.data?.items.toReversed() ?? [], [lines.data]);
  const term = fieldTerm("test_id", id);
  const times = chosen ? linesAround(chosen) : undefined;
  const range: TimeRange = times ? { from: times.since, to: times.until } : { range: "all" };
  const logs = { to: "/projects/$project/logs" as const, params: { project } };
  const openLogs = (q: string) => void navigate({ ...logs, search: { ...range, q } });
  const analyze = () => void navigate({ ...logs, search: { ...range, q: term, analysis: "new" } });
  useCommands([
    ...(edit
      ? [{ id: "test-analyze", label: "Analyze the test", group: "Tests", keys: ["a"], run: analyze }]
      : []),
    {
      id: "test-close",
      label: "Close the test",
      group: "Tests",
      keys: ["Escape"],
      run: onClose,
      inPalette: false,
    },
  ]);
  const verdict = history.data ? verdictOf(items, history.data.flakiness) : "";
  return (
    <section className={classes.panel} aria-label={`Test ${id}`}>
      <div className={classes.panelHead}>
        <OutcomeMark outcome={chosen?.outcome ?? test.data?.last_status ?? null} />
        <strong className="mono clip" title={id}>
          {test.data?.name ?? id}
        </strong>
        {verdict ? <span className="soft">{verdict}</span> : null}
        {history.data?.flakiness !== null && history.data?.flakiness !== undefined ? (
          <span className="muted">flakiness {Math.round(history.data.flakiness * 100)} %</span>
        ) : null}
        <HistoryPicker items={items} chosen={chosen?.log_id} onChoose={(item) => onChooseRun(item.log_id)} />
        <span className="grow" />
        <Button renderRoot={(props) => <Link {...logs} search={{ ...range, q: term }} {...props} />}>
          Logs
        </Button>
        {edit ? (
          <Button variant="filled" onClick={analyze}>
            Analyze
          </Button>
        ) : null}
        <Button
          variant="subtle"
          aria-label="Close the test"
          leftSection={<IconX size={14} aria-hidden />}
          onClick={onClose}
        >
          Close
        </Button>
      </div>
      {history.error ? <ProblemNotice error={history.error} title="Its runs are unknown." /> : null}
      {lines.error ? <ProblemNotice error={lines.error} onRetry={() => void lines.refetch()} /> : null}
      {lines.isPending && !lines.error ? <SkeletonRows rows={6} label="Reading the lines" /> : null}
      {shown.length > 0 ? (
        <LogList
          key={`${id} ${chosen?.log_id ?? ""}`}
          items={shown}
          openId={openLog}
          onOpen={onOpenLog}
          start={lines.data?.next_cursor ? "Earlier lines are in Logs" : undefined}
          actions={{
            onInclude: (field, value) => openLogs(addTerm(term, fieldTerm(field, value))),
            onExclude: (field, value) => openLogs(addTerm(term, fieldTerm(field, value, true))),
            onTrace: (path, value) => openLogs(fieldTerm(`attributes.${path}`, value)),
            onContext: (log) => void navigate({ ...logs, search: { around: log.id, open: log.id } }),
            linkOf: (log) => `${location.origin}/projects/${project}/logs/${log.id}`,
          }}
        />
      ) : lines.data ? (
        <p style={{ padding: 12 }} className="soft">
          The test wrote no lines in this run.
        </p>
      ) : null}
    </section>
  );
}
