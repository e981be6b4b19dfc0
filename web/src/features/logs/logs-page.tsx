import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useCallback, useEffect } from "react";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { writeStored } from "@/lib/page/storage";
import { rangeParams } from "@/lib/time/time-range";
import type { AnalyzeSlot } from "./analyze-slot";
import { LogContext } from "./log-context";
import { hasLogsOptions, type Log } from "./log-queries";
import { LogViewer } from "./log-viewer";
import type { LogsSearch } from "./logs-search";

const FirstSteps = lazy(async () => ({ default: (await import("./first-steps/first-steps")).FirstSteps }));

/** The log viewer of a project, the lines around one log, or the first steps while the project has no logs. */
export function LogsPage({
  analyze,
  lineActions,
}: {
  analyze?: AnalyzeSlot;
  lineActions?: (log: Log) => ReactNode;
}) {
  const { project } = useParams({ from: "/signed-in/projects/$project/logs" });
  const search = useSearch({ from: "/signed-in/projects/$project/logs" });
  const navigate = useNavigate();
  const hasLogs = useQuery(hasLogsOptions(project));
  useEffect(() => {
    writeStored("project", project);
    document.title = `${search.q ? `${search.q} · ` : ""}Logs of ${project} · Logloop`;
  }, [project, search.q]);
  const params = { project_id: project, q: search.q, ...rangeParams(search) };
  useApiRequests([
    { name: "Lines", method: "GET", path: pathWith("/api/v1/logs", params), operation: "log_search" },
    {
      name: "Lines over time",
      method: "GET",
      path: pathWith("/api/v1/logs/histogram", params),
      operation: "log_histogram",
    },
    {
      name: "Counts by field",
      method: "GET",
      path: pathWith("/api/v1/logs/facets", params),
      operation: "log_facets",
    },
    {
      name: "Patterns",
      method: "GET",
      path: pathWith("/api/v1/logs/patterns", params),
      operation: "log_patterns",
    },
  ]);
  /** Changes the address. `replace` is for changes that Back should not undo. */
  const change = useCallback(
    (next: Partial<LogsSearch>, replace = false) =>
      void navigate({
        to: "/projects/$project/logs",
        params: { project },
        search: (old: LogsSearch) => ({ ...old, ...next }),
        replace,
      }),
    [navigate, project],
  );
  if (search.around && !search.analysis)
    return <LogContext id={search.around} search={search} onChange={change} />;
  if (hasLogs.data === false && !search.q && !search.live) {
    return (
      <Suspense fallback={null}>
        <FirstSteps project={project} />
      </Suspense>
    );
  }
  return (
    <LogViewer
      project={project}
      search={search}
      onChange={change}
      analyze={analyze}
      lineActions={lineActions}
    />
  );
}
