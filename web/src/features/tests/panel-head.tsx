import { Button, SegmentedControl } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { formatDay, useZone } from "@/lib/time/time";
import type { TimeRange } from "@/lib/time/time-range";
import type { TestComparison } from "./comparison/comparison-queries";
import { FailureMark } from "./comparison/failure-mark";
import { shortCommit } from "./comparison/verdict-words";
import { HistoryPicker, OutcomeMark } from "./outcome-mark";
import { splitTestId, verdictOf } from "./outcomes";
import type { History, ShownOutcome, Test } from "./test-queries";
import classes from "./tests.module.css";

type PanelHeadProps = {
  project: string;
  id: string;
  test: Test | undefined;
  history: History | undefined;
  chosen: ShownOutcome | undefined;
  comparison: TestComparison | undefined;
  /** What Logs shows of the chosen run. */
  search: TimeRange & { q: string };
  /** undefined: there is no comparison to switch to. */
  showsLines: boolean | undefined;
  onShowLines: (showsLines: boolean) => void;
  onChooseOutcome: (log: string) => void;
  onGenerate: () => void;
  onAnalyze: (() => void) | undefined;
  onClose: () => void;
};

/** The verdict on the chosen run of a test, its history, and what can be done with it. */
export function PanelHead(props: PanelHeadProps) {
  const { id, test, history, chosen, comparison, showsLines } = props;
  const [zone] = useZone();
  const items = history?.items ?? [];
  const failed = comparison && comparison.verdict.kind !== "passed" ? comparison.verdict : undefined;
  const words = history ? verdictOf(items, history.flakiness) : "";
  const flakiness = history?.flakiness ?? null;
  return (
    <div className={classes.panelHead}>
      {failed ? (
        <FailureMark verdict={failed} />
      ) : (
        <OutcomeMark outcome={chosen?.outcome ?? test?.last_status ?? null} />
      )}
      <strong className="mono clip" title={id}>
        {test && test.name !== id ? test.name : splitTestId(id).name}
      </strong>
      {failed?.first_bad_commit ? (
        <span className="muted">
          first bad commit{" "}
          <span className="mono soft" title={failed.first_bad_commit}>
            {shortCommit(failed.first_bad_commit)}
          </span>
        </span>
      ) : words && !failed ? (
        <span className="soft">{words}</span>
      ) : null}
      {test?.owner ? <span className="muted">owner {test.owner}</span> : null}
      {test?.quarantined_until ? (
        <span className="muted" title={test.quarantine_reason ?? undefined}>
          in quarantine until {formatDay(new Date(test.quarantined_until), zone)}
        </span>
      ) : null}
      {flakiness === null || failed ? null : (
        <span className="muted">flakiness {Math.round(flakiness * 100)} %</span>
      )}
      <HistoryPicker
        items={items}
        chosen={chosen?.log_id}
        onChoose={(item) => props.onChooseOutcome(item.log_id)}
      />
      <span className="grow" />
      {showsLines === undefined ? null : (
        <SegmentedControl
          aria-label="What is shown of this run"
          data={[
            { value: "comparison", label: "Comparison" },
            { value: "lines", label: "Lines" },
          ]}
          value={showsLines ? "lines" : "comparison"}
          onChange={(value) => props.onShowLines(value === "lines")}
        />
      )}
      <Button
        renderRoot={(root) => (
          <Link
            to="/projects/$project/logs"
            params={{ project: props.project }}
            search={props.search}
            {...root}
          />
        )}
      >
        Logs
      </Button>
      {showsLines === undefined ? null : (
        <Button disabled={comparison === undefined} onClick={props.onGenerate}>
          Generate a test…
        </Button>
      )}
      {props.onAnalyze ? (
        <Button variant="filled" onClick={props.onAnalyze}>
          Analyze
        </Button>
      ) : null}
      <Button
        variant="subtle"
        aria-label="Close the test"
        leftSection={<IconX size={14} aria-hidden />}
        onClick={props.onClose}
      >
        Close
      </Button>
    </div>
  );
}
