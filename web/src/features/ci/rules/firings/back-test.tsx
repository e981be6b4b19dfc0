import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { TEST_RANGES } from "@/features/ci/ci-search";
import classes from "@/features/ci/rules/editor/rule-editor.module.css";
import {
  type BackTest,
  backTestHistogramOptions,
  backTestOptions,
  type RuleDraft,
} from "@/features/ci/rules/rule-queries";
import { serverNow } from "@/lib/api/server-clock";
import { useCommands } from "@/lib/page/commands";
import { formatCount, formatMoment, useZone } from "@/lib/time/time";
import { ageSeconds } from "@/lib/time/time-range";
import { FiringChart } from "./firing-chart";
import { gateText, times } from "./gates";

type Range = (typeof TEST_RANGES)[number];
type BackTestPanelProps = {
  project: string;
  /** The stored rule; null while the rule was never saved. */
  ruleId: string | null;
  /** The rule as it is edited; null while it is not valid. */
  draft: RuleDraft | null;
  range: Range;
  onRange: (range: Range) => void;
};

/** Runs the edited rule on stored lines: when it would have fired, and what held it back. Nothing is started. */
export function BackTestPanel({ project, ruleId, draft, range, onRange }: BackTestPanelProps) {
  const [tested, setTested] = useState<{ draft: RuleDraft; since: string; until: string } | null>(null);
  const canTest = draft !== null && (draft.on ?? "logs") === "logs";
  const test = (length: Range) => {
    if (!canTest) return;
    const until = serverNow();
    const since = new Date(until.getTime() - (ageSeconds(length) ?? 3600) * 1000);
    setTested({ draft, since: since.toISOString(), until: until.toISOString() });
  };
  useCommands(
    canTest
      ? [{ id: "back-test", label: "Back-test the rule", group: "Rule", keys: ["b"], run: () => test(range) }]
      : [],
  );
  const isOld = tested !== null && JSON.stringify(tested.draft) !== JSON.stringify(draft);
  return (
    <section className={classes.section} aria-label="Back-test">
      <div className={classes.sectionHead}>
        <h2>Back-test</h2>
        <SegmentedControl
          aria-label="Range of the back-test"
          data={TEST_RANGES.map((value) => ({ value, label: value.replace(/(\D)/, " $1") }))}
          value={range}
          onChange={(value) => {
            const length = TEST_RANGES.find((item) => item === value) ?? "24h";
            onRange(length);
            if (tested) test(length);
          }}
        />
        <Button disabled={!canTest} onClick={() => test(range)}>
          {tested ? "Test again" : "Test on stored lines"}
        </Button>
        <span className="muted">
          {draft && draft.on !== "logs" && draft.on
            ? "Only rules on logs can be tested on stored lines."
            : isOld
              ? "The rule changed since this test."
              : "Nothing is started."}
        </span>
      </div>
      {tested ? (
        <TestResult project={project} ruleId={ruleId} tested={tested} onRetry={() => test(range)} />
      ) : null}
    </section>
  );
}

function TestResult({
  project,
  ruleId,
  tested,
  onRetry,
}: {
  project: string;
  ruleId: string | null;
  tested: { draft: RuleDraft; since: string; until: string };
  onRetry: () => void;
}) {
  const result = useQuery(backTestOptions(project, ruleId, tested.draft, tested.since, tested.until));
  const histogram = useQuery(backTestHistogramOptions(project, tested.since, tested.until));
  if (result.error) return <ProblemNotice error={result.error} onRetry={onRetry} />;
  if (!result.data) return <SkeletonRows rows={4} label="Testing" />;
  return (
    <>
      <Summary result={result.data} />
      {histogram.data ? (
        <FiringChart
          histogram={histogram.data}
          start={Date.parse(tested.since)}
          end={Date.parse(tested.until)}
          moments={result.data.would_fire.map(({ at }) => at)}
        />
      ) : null}
      {result.data.errors?.map((error) => (
        <Notice key={error.text} tone="warn">
          <code>{error.text}</code> could not be evaluated for some line: {error.error}. It counts as false
          there.
        </Notice>
      ))}
      <Firings project={project} result={result.data} />
    </>
  );
}

function Summary({ result }: { result: BackTest }) {
  const held = Object.entries(result.blocked);
  return (
    <p>
      It would have fired <b>{times(result.would_fire.length)}</b>. Of {formatCount(result.logs_read)} lines,{" "}
      <b>{formatCount(result.matched)}</b> passed the filter and the conditions on one line
      {result.matched === 0 ? ", so the conditions on stats were never looked at" : ""}.
      {held.map(([gate, count]) => ` Held back ${times(count)}: ${gateText(gate)}.`)}
      {result.cut_off ? (
        <span className="caution"> There are more lines than one test reads; choose a shorter range.</span>
      ) : null}
    </p>
  );
}

const SHOWN = 20;

function Firings({ project, result }: { project: string; result: BackTest }) {
  const [zone] = useZone();
  if (result.would_fire.length === 0) return null;
  return (
    <table aria-label="Moments of firing">
      <thead>
        <tr>
          <th>Would have fired</th>
          <th>Service</th>
          <th>On the line</th>
          <th className="number">Count</th>
        </tr>
      </thead>
      <tbody>
        {result.would_fire.slice(-SHOWN).map((item) => (
          <tr key={`${item.at} ${item.log_id}`}>
            <td className="mono">{formatMoment(new Date(item.at), zone)}</td>
            <td className="mono soft">{item.service_id}</td>
            <td style={{ maxWidth: 0, width: "70%" }} className="clip">
              <Link
                to="/projects/$project/logs/$log"
                params={{ project, log: item.log_id }}
                className="mono"
                title={item.message}
              >
                {item.message}
              </Link>
            </td>
            <td className="number">{item.stats["stats.count"] ?? ""}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
