import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { fieldTerm } from "@/lib/text/filter-text";
import type { TimeRange } from "@/lib/time/time-range";
import { comparisonOptions } from "./comparison/comparison-queries";
import { ComparisonView } from "./comparison/comparison-view";
import { GeneratedCheckDrawer } from "./comparison/generated-check";
import { isFailure, worstOf } from "./outcomes";
import { PanelHead } from "./panel-head";
import { TestLines } from "./test-lines";
import { historyOptions, linesAround, testOptions } from "./test-queries";
import classes from "./tests.module.css";

type TestPanelProps = {
  project: string;
  id: string;
  /** The log with the outcome that is shown. */
  chosenOutcome: string | undefined;
  /** The test run whose outcome is shown when no outcome is chosen; without it, the newest one. */
  testRun: string | undefined;
  onChooseOutcome: (log: string) => void;
  showsLines: boolean;
  onShowLines: (showsLines: boolean) => void;
  openLog: string | undefined;
  onOpenLog: (id: string | undefined) => void;
  onClose: () => void;
};

/** One test: its runs, how a failed one differs from the green ones, and the lines that it wrote. */
export function TestPanel(props: TestPanelProps) {
  const { project, id, testRun, openLog, onOpenLog, onClose } = props;
  const navigate = useNavigate();
  const { edit } = useRights(project);
  const [isGenerating, setIsGenerating] = useState(false);
  const test = useQuery(testOptions(project, id));
  const history = useQuery(historyOptions(project, id));
  const items = history.data?.items ?? [];
  const known =
    items.find((item) => item.log_id === props.chosenOutcome) ??
    worstOf(items.filter((item) => item.test_run_id === testRun)) ??
    (testRun ? undefined : items[0]);
  const runId = known?.test_run_id ?? testRun;
  const comparison = useQuery({
    ...comparisonOptions(project, id, runId ?? ""),
    enabled: !history.isPending && runId !== undefined && (known ? isFailure(known.outcome) : true),
  });
  // An outcome of a run that the history no longer shows is known when it is compared.
  const chosen = known ?? comparison.data?.subject;
  const times = chosen ? linesAround(chosen) : undefined;
  const range: TimeRange = times ? { from: times.since, to: times.until } : { range: "all" };
  const isCompared = chosen ? isFailure(chosen.outcome) : runId !== undefined;
  const hasGreens = (comparison.data?.greens.length ?? 0) > 0;
  const search = { ...range, q: fieldTerm("test_id", id) };
  const analyze = () =>
    void navigate({
      to: "/projects/$project/logs",
      params: { project },
      search: { ...search, analysis: "new" },
    });
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
  return (
    <section className={classes.panel} aria-label={`Test ${id}`}>
      <PanelHead
        project={project}
        id={id}
        test={test.data}
        history={history.data}
        chosen={chosen}
        comparison={comparison.data}
        search={search}
        showsLines={isCompared ? props.showsLines : undefined}
        onShowLines={props.onShowLines}
        onChooseOutcome={props.onChooseOutcome}
        onGenerate={() => setIsGenerating(true)}
        onAnalyze={edit ? analyze : undefined}
        onClose={onClose}
      />
      {history.error ? <ProblemNotice error={history.error} title="Its runs are unknown." /> : null}
      {isCompared && !props.showsLines ? (
        comparison.error ? (
          <ProblemNotice
            error={comparison.error}
            title="The runs are not compared."
            onRetry={() => void comparison.refetch()}
          />
        ) : comparison.isPending ? (
          <SkeletonRows rows={6} label="Comparing with the green runs" />
        ) : hasGreens ? (
          <ComparisonView
            key={comparison.data.subject.log_id}
            project={project}
            comparison={comparison.data}
          />
        ) : (
          <Notice tone="info">Nothing to compare with: {comparison.data.not_generated}.</Notice>
        )
      ) : null}
      {isCompared && !props.showsLines && (comparison.isPending || hasGreens) ? null : history.isPending ? (
        <SkeletonRows rows={6} label="Reading the lines" />
      ) : (
        <TestLines
          project={project}
          id={id}
          chosen={chosen}
          range={range}
          openLog={openLog}
          onOpenLog={onOpenLog}
        />
      )}
      {isGenerating && comparison.data ? (
        <GeneratedCheckDrawer comparison={comparison.data} onClose={() => setIsGenerating(false)} />
      ) : null}
    </section>
  );
}
