import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import editor from "@/features/ci/rules/editor/rule-editor.module.css";
import { historyOptions } from "@/features/ci/rules/rule-queries";
import { formatClock, formatCount, formatDay, useZone } from "@/lib/time/time";
import { times } from "./gates";
import { type HourOfLane, type Lane, lanesOf } from "./history-lanes";
import classes from "./rule-history.module.css";

const HOUR = 3_600_000;
const DAYS = [0, 1, 2, 3, 4, 5, 6];

/** How often the rule fired in each hour of the last seven days, and what kept it from firing. */
export function RuleHistory({ project, ruleId }: { project: string; ruleId: string }) {
  const [zone] = useZone();
  const history = useQuery(historyOptions(ruleId));
  const lanes = lanesOf(history.data?.hours ?? []);
  const start = Date.parse(history.data?.since ?? "");
  const span = Date.parse(history.data?.until ?? "") - start;
  return (
    <section className={editor.section} aria-label="The last seven days">
      <div className={editor.sectionHead}>
        <h2>The last seven days</h2>
        <span className="muted">by hour; an hour leads to its lines</span>
      </div>
      {history.error ? (
        <ProblemNotice error={history.error} onRetry={() => void history.refetch()} />
      ) : history.isPending ? (
        <SkeletonRows rows={2} />
      ) : lanes.length === 0 ? (
        <p className="muted">Nothing came near: no line passed its filter and its conditions on one line.</p>
      ) : (
        <table className={classes.lanes} aria-label="Outcomes by hour">
          <tbody>
            {lanes.map((lane) => (
              <LaneRow key={lane.outcome} project={project} lane={lane} start={start} span={span} />
            ))}
            <tr aria-hidden>
              <td colSpan={2} />
              <td className={classes.track}>
                {DAYS.map((day) => (
                  <span key={day} style={{ left: `${((day * 24 * HOUR) / span) * 100}%` }}>
                    {formatDay(new Date(start + day * 24 * HOUR), zone).slice(5)}
                  </span>
                ))}
              </td>
            </tr>
          </tbody>
        </table>
      )}
    </section>
  );
}

function LaneRow({
  project,
  lane,
  start,
  span,
}: {
  project: string;
  lane: Lane;
  start: number;
  span: number;
}) {
  return (
    <tr>
      <th scope="row">{lane.name}</th>
      <td className="number">{formatCount(lane.total)}</td>
      <td className={classes.track} data-outcome={lane.outcome}>
        {lane.hours.map((hour) => (
          <HourLink key={hour.at} project={project} lane={lane} hour={hour} start={start} span={span} />
        ))}
      </td>
    </tr>
  );
}

function HourLink({
  project,
  lane,
  hour,
  start,
  span,
}: {
  project: string;
  lane: Lane;
  hour: HourOfLane;
  start: number;
  span: number;
}) {
  const [zone] = useZone();
  const from = new Date(hour.at);
  const to = new Date(from.getTime() + HOUR);
  const when = `${formatDay(from, zone)} ${formatClock(from, zone).slice(0, 5)}`;
  const label = `${when}: ${lane.name}, ${times(hour.count)}${hour.detail ? `; last: ${hour.detail}` : ""}`;
  return (
    <Link
      to="/projects/$project/logs"
      params={{ project }}
      search={{ from: from.toISOString(), to: to.toISOString() }}
      className={classes.hour}
      title={label}
      aria-label={label}
      style={{
        left: `${((from.getTime() - start) / span) * 100}%`,
        width: `${(HOUR / span) * 100}%`,
      }}
    />
  );
}
