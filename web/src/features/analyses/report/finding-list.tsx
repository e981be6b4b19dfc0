import { useState } from "react";
import { SeverityMark, severityFill } from "@/components/severity";
import { formatClock, formatCount, useZone } from "@/lib/time/time";
import type { Finding } from "../analysis-queries";
import { CitationPills } from "../citations/citations";
import classes from "./report.module.css";
import { SlottedText } from "./slotted-text";
import { changeOf, hasCounts, namesService, severityOf, subjectOf } from "./wording";

const SHOWN = 4;

/** What was measured without a model, most significant first. */
export function FindingList({ findings }: { findings: readonly Finding[] }) {
  const [all, setAll] = useState(false);
  const more = findings.length - SHOWN;
  return (
    <ol className={classes.findings}>
      {(all ? findings : findings.slice(0, SHOWN)).map((finding, index) => (
        <li key={`${finding.kind} ${finding.title}`} className={classes.finding}>
          <span className={classes.rank}>{index + 1}</span>
          <FindingText finding={finding} />
        </li>
      ))}
      {more > 0 ? (
        <li>
          <button type="button" className={classes.more} onClick={() => setAll(!all)}>
            {all ? "Fewer" : `${more} more ${more === 1 ? "finding" : "findings"}`}
          </button>
        </li>
      ) : null}
    </ol>
  );
}

function FindingText({ finding }: { finding: Finding }) {
  const [zone] = useZone();
  const severity = severityOf(finding);
  const counted = hasCounts(finding);
  return (
    <div className="grow">
      <p className={classes.subject}>
        {severity ? <SeverityMark severity={severity} word="none" /> : null}{" "}
        {namesService(finding) ? `${finding.service_id}: ` : ""}
        <SlottedText text={subjectOf(finding)} />
      </p>
      <p className={classes.counts}>
        <b>{changeOf(finding)}</b>
        <span>
          {counted ? formatCount(finding.count ?? 0) : ""}
          {counted && finding.baseline_count ? `, ${formatCount(finding.baseline_count)} before` : ""}
          {finding.first_seen ? ` since ${formatClock(new Date(finding.first_seen), zone)}` : ""}
        </span>
        {counted ? (
          <CountBars
            before={finding.baseline_count ?? 0}
            now={finding.count ?? 0}
            fill={severityFill(severity ?? "info")}
          />
        ) : null}
        <CitationPills logIds={finding.evidence ?? []} />
      </p>
    </div>
  );
}

/** Before and now as two bars. */
function CountBars({ before, now, fill }: { before: number; now: number; fill: string }) {
  const max = Math.max(before, now, 1);
  const height = (count: number) => (count === 0 ? 1 : Math.max(2, Math.round((count / max) * 12)));
  return (
    <svg width="15" height="12" viewBox="0 0 15 12" role="img" aria-label={`${before} before, ${now} now`}>
      <rect x="0" y={12 - height(before)} width="7" height={height(before)} fill="var(--line-strong)" />
      <rect x="8" y={12 - height(now)} width="7" height={height(now)} fill={fill} />
    </svg>
  );
}
