import { ActionIcon, Button } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { PageFooter } from "@/components/page/page-footer";
import { SkeletonRows } from "@/components/page/skeleton";
import { Confirm } from "@/components/records/confirm";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { useRights } from "@/lib/api/session";
import { formatAge, formatCount, formatMoment, useZone } from "@/lib/time/time";
import classes from "./analyses-page.module.css";
import { type AnalysisSummary, analysisPagesOptions, isRunning, stopOrDelete } from "./analysis-queries";
import { ScopeText } from "./panel/scope-chip";
import { SlottedText } from "./report/slotted-text";
import { VerdictMark } from "./report/verdict";
import { headline, titleOf } from "./report/wording";

/** The analyses of a project, newest first. */
export function AnalysesPage() {
  const { project } = useParams({ from: "/signed-in/projects/$project/analyses" });
  const queryClient = useQueryClient();
  const { edit } = useRights(project);
  const pages = useInfiniteQuery(analysisPagesOptions(project));
  const [deleted, setDeleted] = useState<AnalysisSummary | null>(null);
  const remove = useMutation({
    mutationFn: (id: string) => stopOrDelete(id),
    onSuccess: async () => {
      setDeleted(null);
      await queryClient.invalidateQueries({ queryKey: ["analyses", "pages", project] });
    },
  });
  useEffect(() => {
    document.title = `Analyses of ${project} · Logloop`;
  }, [project]);
  useApiRequests([
    {
      name: "Analyses",
      method: "GET",
      path: pathWith("/api/v1/logs/analyses", { project_id: project }),
      operation: "analysis_list",
    },
  ]);
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <header className={classes.head}>
        <h1 className="grow">Analyses</h1>
        {edit ? (
          <Button
            variant="filled"
            renderRoot={(root) => (
              <Link
                to="/projects/$project/logs"
                params={{ project }}
                search={{ analysis: "new" }}
                {...root}
              />
            )}
          >
            Analyze logs…
          </Button>
        ) : null}
      </header>
      {pages.error ? <ProblemNotice error={pages.error} onRetry={() => void pages.refetch()} /> : null}
      <div className={classes.list}>
        {pages.isPending && !pages.error ? <SkeletonRows rows={12} /> : null}
        {pages.data && items.length === 0 ? <NoAnalyses project={project} mayEdit={edit} /> : null}
        {items.length > 0 ? (
          <table>
            <thead>
              <tr>
                <th>Title</th>
                <th>Verdict</th>
                <th>Lines</th>
                <th>By</th>
                <th>When</th>
                <th>
                  <span className="visually-hidden">Delete</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <AnalysisRow
                  key={item.id}
                  project={project}
                  item={item}
                  onDelete={edit && !isRunning(item) ? () => setDeleted(item) : undefined}
                />
              ))}
            </tbody>
          </table>
        ) : null}
        {pages.hasNextPage ? (
          <p className={classes.more}>
            <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
              Older analyses
            </Button>
          </p>
        ) : null}
      </div>
      <Confirm
        opened={deleted !== null}
        title="Delete this analysis?"
        action="Delete analysis"
        busy={remove.isPending}
        error={remove.error}
        onClose={() => setDeleted(null)}
        onConfirm={() => deleted && remove.mutate(deleted.id)}
      >
        Its report and its thread cannot be brought back. The logs stay.
      </Confirm>
      <PageFooter>
        <span>
          <b>{formatCount(items.length)}</b>
          {pages.hasNextPage ? " newest" : ""} analyses
        </span>
      </PageFooter>
    </>
  );
}

function AnalysisRow({
  project,
  item,
  onDelete,
}: {
  project: string;
  item: AnalysisSummary;
  onDelete: (() => void) | undefined;
}) {
  const [zone] = useZone();
  const created = new Date(item.created_at);
  return (
    <tr>
      <td className={classes.title}>
        <Link to="/projects/$project/analyses/$analysis" params={{ project, analysis: item.id }}>
          <SlottedText text={titleOf(item)} />
        </Link>
        {item.question && item.summary ? (
          <span className="muted small clip">
            <SlottedText text={headline(item.summary)} />
          </span>
        ) : null}
      </td>
      <td data-label="Verdict">
        {item.status === "completed" || item.verdict ? (
          <VerdictMark verdict={item.verdict} />
        ) : (
          <span className={item.status === "failed" ? "bad" : "muted"} title={item.failure?.detail}>
            {item.status === "failed" ? "✕ " : ""}
            {isRunning(item) ? (item.stage ?? item.status) : item.status}
          </span>
        )}
      </td>
      <td className={classes.scope}>
        <ScopeText scope={item.scope} count={undefined} />
      </td>
      <td className={classes.by}>{item.created_by.name}</td>
      <td className={classes.when} title={formatMoment(created, zone)}>
        {formatAge(created)}
      </td>
      <td>
        {onDelete ? (
          <ActionIcon aria-label={`Delete ${titleOf(item)}`} onClick={onDelete}>
            <IconTrash size={14} aria-hidden />
          </ActionIcon>
        ) : null}
      </td>
    </tr>
  );
}

function NoAnalyses({ project, mayEdit }: { project: string; mayEdit: boolean }) {
  return (
    <div className={classes.empty}>
      <p>
        <strong>No analyses yet.</strong>{" "}
        <span className="soft">
          An analysis compares a range of logs with the time before it and says what changed, where it began
          and which lines show it.
        </span>
      </p>
      {mayEdit ? (
        <p>
          <Link to="/projects/$project/logs" params={{ project }} search={{ analysis: "new" }}>
            Analyze the last hour
          </Link>{" "}
          <span className="muted">
            or run <code>logloop analyze</code>
          </span>
        </p>
      ) : null}
    </div>
  );
}
