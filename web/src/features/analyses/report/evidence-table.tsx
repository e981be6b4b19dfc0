import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { SeverityMark } from "@/components/severity";
import { formatClockMillis, formatCount, useZone } from "@/lib/time/time";
import type { AnalysisScope, Finding } from "../analysis-queries";
import { CitationPills } from "../citations/citations";
import { FindingList } from "./finding-list";
import classes from "./report.module.css";
import { SlottedText } from "./slotted-text";
import { changeOf, filterOf, namesService, severityOf, subjectOf } from "./wording";

type EvidenceTableProps = { project: string; scope: AnalysisScope; findings: readonly Finding[] };

/** The findings as a table: how often before and now, since when, and the lines that show it. */
export function EvidenceTable({ project, scope, findings }: EvidenceTableProps) {
  const [zone] = useZone();
  return (
    <>
      <div className={classes.narrowList}>
        <FindingList findings={findings} />
      </div>
      <div className={classes.tableBox}>
        <table>
          <thead>
            <tr>
              <th>Finding</th>
              <th className="number">Before</th>
              <th className="number">Now</th>
              <th>Change</th>
              <th>Since</th>
              <th>Lines</th>
              <th>
                <span className="visually-hidden">Open</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {findings.map((finding) => {
              const severity = severityOf(finding);
              const q = filterOf(finding, scope.q);
              return (
                <tr key={`${finding.kind} ${finding.title}`}>
                  <td className={classes.subject} title={finding.title}>
                    {severity ? <SeverityMark severity={severity} word="none" /> : null}{" "}
                    {namesService(finding) ? `${finding.service_id}: ` : ""}
                    <SlottedText text={subjectOf(finding)} />
                  </td>
                  <td className="number">{formatCount(finding.baseline_count ?? 0)}</td>
                  <td className="number strong">{formatCount(finding.count ?? 0)}</td>
                  <td>{changeOf(finding)}</td>
                  <td className={classes.since}>
                    {finding.first_seen ? formatClockMillis(new Date(finding.first_seen), zone) : ""}
                  </td>
                  <td className={classes.since}>
                    <CitationPills logIds={finding.evidence ?? []} />
                  </td>
                  <td>
                    {q !== scope.q ? (
                      <Button
                        renderRoot={(props) => (
                          <Link
                            to="/projects/$project/logs"
                            params={{ project }}
                            search={{ q, from: scope.since, to: scope.until }}
                            {...props}
                          />
                        )}
                      >
                        Lines
                      </Button>
                    ) : null}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
