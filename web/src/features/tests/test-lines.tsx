import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { LogList } from "@/features/logs/list/log-list";
import { addTerm, fieldTerm } from "@/lib/text/filter-text";
import type { TimeRange } from "@/lib/time/time-range";
import { type ShownOutcome, testLinesOptions } from "./test-queries";

/** The lines that a test wrote in one run; without an outcome, its newest lines. */
export function TestLines({
  project,
  id,
  chosen,
  range,
  openLog,
  onOpenLog,
}: {
  project: string;
  id: string;
  chosen: ShownOutcome | undefined;
  range: TimeRange;
  openLog: string | undefined;
  onOpenLog: (id: string | undefined) => void;
}) {
  const navigate = useNavigate();
  const lines = useQuery(testLinesOptions(project, id, chosen));
  const shown = useMemo(() => lines.data?.items.toReversed() ?? [], [lines.data]);
  const term = fieldTerm("test_id", id);
  const logs = { to: "/projects/$project/logs" as const, params: { project } };
  const openLogs = (q: string) => void navigate({ ...logs, search: { ...range, q } });
  if (lines.error) return <ProblemNotice error={lines.error} onRetry={() => void lines.refetch()} />;
  if (lines.isPending) return <SkeletonRows rows={6} label="Reading the lines" />;
  if (shown.length === 0) {
    return (
      <p style={{ padding: 12 }} className="soft">
        The test wrote no lines in this run.
      </p>
    );
  }
  return (
    <LogList
      key={`${id} ${chosen?.log_id ?? ""}`}
      items={shown}
      openId={openLog}
      onOpen={onOpenLog}
      start={lines.data.next_cursor ? "Earlier lines are in Logs" : undefined}
      actions={{
        onInclude: (field, value) => openLogs(addTerm(term, fieldTerm(field, value))),
        onExclude: (field, value) => openLogs(addTerm(term, fieldTerm(field, value, true))),
        onTrace: (path, value) => openLogs(fieldTerm(`attributes.${path}`, value)),
        onContext: (log) => void navigate({ ...logs, search: { around: log.id, open: log.id } }),
        linkOf: (log) => `${location.origin}/projects/${project}/logs/${log.id}`,
      }}
    />
  );
}
