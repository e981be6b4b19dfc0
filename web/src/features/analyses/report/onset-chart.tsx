import { useQuery } from "@tanstack/react-query";
import { SeverityMark } from "@/components/severity";
import { addTerm } from "@/lib/text/filter-text";
import { formatClock, formatDuration, useZone } from "@/lib/time/time";
import { type AnalysisScope, errorsByServiceOptions, type Finding } from "../analysis-queries";
import classes from "./report.module.css";
import { onsetSpan, onsets, severityOf } from "./wording";

const MAX_SERVICES = 6;
const STEP_WIDTH = 144;
const EDGE = 8;

/** Where it began: when each service started to differ, as steps from the first one, beside its errors over time. */
export function OnsetChart({
  project,
  scope,
  findings,
}: {
  project: string;
  scope: AnalysisScope;
  findings: readonly Finding[];
}) {
  const [zone] = useZone();
  const starts = onsets(findings).slice(0, MAX_SERVICES);
  const span = onsetSpan(scope, starts);
  const errors = useQuery({
    ...errorsByServiceOptions(project, { q: addTerm(scope.q, "severity:error"), ...span }),
    enabled: starts.length > 0,
  });
  const origin = starts[0];
  if (!origin) return null;
  const last = starts.at(-1)?.at.getTime() ?? 0;
  const length = Math.max(1, last - origin.at.getTime());
  const x = (at: Date) => EDGE + ((at.getTime() - origin.at.getTime()) / length) * (STEP_WIDTH - 2 * EDGE);
  const from = Date.parse(span.since);
  const room = Math.max(1, Date.parse(span.until) - from);
  const interval = errors.data?.interval_seconds ?? 1;
  return (
    <section>
      <h2 className={classes.heading}>
        Where it began{" "}
        <span>
          first change of each service
          {errors.data ? `, one bar is ${formatDuration(interval)} of errors` : ""}
        </span>
      </h2>
      <div className={`${classes.lane} ${classes.axis}`}>
        <span />
        <span className={classes.axisTimes}>
          <span>{formatClock(new Date(span.since), zone)}</span>
          <span>{formatClock(new Date(span.until), zone)}</span>
        </span>
        <span className={classes.axisTimes} style={{ width: STEP_WIDTH }}>
          <span>0</span>
          <span>{formatDuration(length / 1000)}</span>
        </span>
        <span />
      </div>
      {starts.map(({ service, at, finding }, index) => {
        const before = starts[index - 1];
        const delta = at.getTime() - origin.at.getTime();
        return (
          <div key={service} className={classes.lane}>
            <span className="clip mono" title={service}>
              <SeverityMark severity={severityOf(finding) ?? "error"} word="none" /> {service}
            </span>
            <ErrorBars
              buckets={(errors.data?.items ?? []).map((item) => ({
                at: (Date.parse(item.start) - from) / room,
                count: item.groups[service] ?? 0,
              }))}
              width={(interval * 1000) / room}
              onset={(at.getTime() - from) / room}
              service={service}
            />
            <svg width={STEP_WIDTH} height="24" viewBox={`0 0 ${STEP_WIDTH} 24`} aria-hidden="true">
              <path d={`M${EDGE} 12H${STEP_WIDTH - EDGE}`} stroke="var(--line-strong)" />
              {before ? (
                <path
                  d={`M${x(before.at)} 0V12H${x(at)}`}
                  fill="none"
                  stroke="var(--accent)"
                  strokeWidth="2"
                />
              ) : null}
              {index < starts.length - 1 ? (
                <path d={`M${x(at)} 12V24`} stroke="var(--accent)" strokeWidth="2" />
              ) : null}
              <rect x={x(at) - 4} y="8" width="8" height="8" rx="1" fill="var(--fill-error)" />
            </svg>
            <span className={classes.delta}>
              <b>{index === 0 ? formatClock(at, zone) : `+${formatDuration(delta / 1000)}`}</b>{" "}
              {index === 0 ? "first" : `after ${origin.service}`}
            </span>
          </div>
        );
      })}
    </section>
  );
}

type Bucket = { at: number; count: number };

function ErrorBars({
  buckets,
  width,
  onset,
  service,
}: {
  buckets: readonly Bucket[];
  width: number;
  onset: number;
  service: string;
}) {
  const max = Math.max(1, ...buckets.map(({ count }) => count));
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  return (
    <svg
      className={classes.bars}
      viewBox="0 0 600 22"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${total} errors of ${service} around the beginning`}
    >
      <path d="M0 21.5H600" stroke="var(--line-strong)" />
      {buckets
        .filter(({ count }) => count > 0)
        .map(({ at, count }) => (
          <rect
            key={at}
            x={at * 600}
            y={21 - Math.max(2, (count / max) * 18)}
            width={Math.max(1, width * 600 - 1)}
            height={Math.max(2, (count / max) * 18)}
            fill="var(--fill-error)"
          />
        ))}
      <path d={`M${onset * 600} 0V22`} stroke="var(--ink)" strokeWidth="1.5" />
    </svg>
  );
}
