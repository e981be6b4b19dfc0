import { Button, SegmentedControl } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { PageFooter } from "@/components/page/page-footer";
import { SkeletonRows } from "@/components/page/skeleton";
import { fieldTerm } from "@/lib/text/filter-text";
import { formatMoment, useZone } from "@/lib/time/time";
import { LogList } from "./list/log-list";
import { contextOptions, type Log } from "./log-queries";
import classes from "./log-viewer.module.css";
import type { ChangeSearch, LogsSearch } from "./logs-search";

/** The lines around one log. Links to a line open here. */
export function LogContext({
  id,
  search,
  onChange,
  citations,
  embedded = false,
}: {
  id: string;
  search: LogsSearch;
  onChange: ChangeSearch;
  /** Numbers of cited lines; without them the line itself is marked. */
  citations?: ReadonlyMap<string, number> | undefined;
  /** Whether it is a part of the viewer, which has a footer. */
  embedded?: boolean;
}) {
  const { project } = useParams({ from: "/signed-in/projects/$project/logs" });
  const [zone] = useZone();
  const context = useQuery(contextOptions(id, search.services !== "all"));
  const lines = useMemo<Log[]>(
    () => (context.data ? [...context.data.before, context.data.log, ...context.data.after] : []),
    [context.data],
  );
  const log = context.data?.log;
  const filter = (q: string) =>
    onChange({
      q,
      around: undefined,
      services: undefined,
      open: undefined,
      range: "all",
      from: undefined,
      to: undefined,
    });
  return (
    <>
      <h1 className="visually-hidden">Lines around one line</h1>
      <div className={classes.bar}>
        <Button
          leftSection={<IconArrowLeft size={14} aria-hidden />}
          onClick={() => onChange({ around: undefined, services: undefined })}
        >
          Back to the search
        </Button>
        <strong>{log ? `Around ${formatMoment(new Date(log.timestamp), zone)}` : "Around one line"}</strong>
        <span className="grow" />
        <SegmentedControl
          aria-label="Lines"
          data={[
            { value: "service", label: log ? `Only ${log.service_id}` : "Its service" },
            { value: "all", label: "All services" },
          ]}
          value={search.services ?? "service"}
          onChange={(value) => onChange({ services: value === "all" ? "all" : undefined })}
        />
      </div>
      {context.error ? <ProblemNotice error={context.error} onRetry={() => void context.refetch()} /> : null}
      {context.isPending && !context.error ? <SkeletonRows rows={24} /> : null}
      {lines.length > 0 ? (
        <LogList
          items={lines}
          openId={search.open}
          onOpen={(open) => onChange({ open }, open !== undefined && search.open !== undefined)}
          anchor="start"
          scrollToId={id}
          citations={citations ?? new Map([[id, 1]])}
          activeCitation={id}
          actions={{
            onInclude: (field, value) => filter(fieldTerm(field, value)),
            onTrace: (path, value) => filter(fieldTerm(`attributes.${path}`, value)),
            onContext: (other) => onChange({ around: other.id, open: other.id }),
            linkOf: (other) => `${location.origin}/projects/${project}/logs/${other.id}`,
          }}
        />
      ) : (
        <div className="grow" />
      )}
      {embedded ? null : (
        <PageFooter keys={[["J K", "move"]]}>
          <span>
            <b>{lines.length}</b> lines around the marked one
          </span>
        </PageFooter>
      )}
    </>
  );
}
