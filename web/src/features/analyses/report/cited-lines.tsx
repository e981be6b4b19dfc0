import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { LogList } from "@/features/logs/list/log-list";
import { logsByIdOptions } from "../analysis-queries";
import { useCitations } from "../citations/citations";
import classes from "./report.module.css";

const MAX_LINES = 80;

/** The cited lines in the order of time, as they are stored. */
export function CitedLines({ project }: { project: string }) {
  const { numbers, active } = useCitations();
  const [openId, setOpenId] = useState<string>();
  const ids = useMemo(() => [...numbers.keys()].slice(0, MAX_LINES), [numbers]);
  const logs = useQuery(logsByIdOptions(project, ids));
  const missing = logs.data ? ids.length - logs.data.length : 0;
  if (ids.length === 0) return null;
  return (
    <section id="cited-lines" aria-label="Cited lines">
      <h2 className={classes.heading}>
        Cited lines{" "}
        <span>
          {logs.data ? `${logs.data.length} of ${numbers.size}` : ""}
          {missing > 0 ? `; ${missing} are no longer stored` : ""}
        </span>
      </h2>
      {logs.error ? <ProblemNotice error={logs.error} onRetry={() => void logs.refetch()} /> : null}
      {logs.isPending ? <SkeletonRows rows={6} /> : null}
      {logs.data && logs.data.length > 0 ? (
        <div className={classes.lines} style={{ height: Math.min(360, 60 + logs.data.length * 20) }}>
          <LogList
            items={logs.data}
            openId={openId}
            onOpen={setOpenId}
            anchor="start"
            citations={numbers}
            activeCitation={active}
            scrollToId={active}
            actions={{ linkOf: (log) => `${location.origin}/projects/${project}/logs/${log.id}` }}
          />
        </div>
      ) : null}
    </section>
  );
}
