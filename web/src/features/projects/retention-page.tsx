import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { TextPage } from "@/components/page/text-page";
import { Confirm } from "@/components/records/confirm";
import { useUndo } from "@/components/records/undo";
import { formField } from "@/components/records/use-record-form";
import { useApiRequests } from "@/lib/api/api-requests";
import { overviewOptions } from "@/lib/api/overview";
import { asProblem } from "@/lib/api/problem";
import { useRights } from "@/lib/api/session";
import { usePageTitle } from "@/lib/page/page-title";
import { formatCount, formatMoment, useZone } from "@/lib/time/time";
import { projectOptions, refreshProjects, updateProject } from "./project-queries";

/** How long the logs of a project are kept. */
export function RetentionPage() {
  const { project: id } = useParams({ from: "/signed-in/projects/$project/settings/retention" });
  const project = useQuery(projectOptions(id));
  usePageTitle(`Retention of ${id}`);
  useApiRequests([
    { name: "The project", method: "GET", path: `/api/v1/projects/${id}`, operation: "project_read" },
    {
      name: "What it holds",
      method: "GET",
      path: `/api/v1/projects/${id}/overview`,
      operation: "project_overview_read",
    },
  ]);
  return (
    <TextPage
      title="Retention"
      intro="Logs that are older are deleted. This also applies to the logs that are stored now."
    >
      {project.error ? <ProblemNotice error={project.error} onRetry={() => void project.refetch()} /> : null}
      {project.isPending && !project.error ? <SkeletonRows rows={3} /> : null}
      {project.data ? <RetentionForm key={id} id={id} days={project.data.retention_days} /> : null}
      <Stored id={id} />
    </TextPage>
  );
}

function RetentionForm({ id, days }: { id: string; days: number }) {
  const rights = useRights(id);
  const queryClient = useQueryClient();
  const undo = useUndo();
  const [text, setText] = useState(String(days));
  const [isAsking, setIsAsking] = useState(false);
  const save = async (value: number) => {
    await updateProject(id, { retention_days: value });
    await refreshProjects(queryClient);
  };
  const change = useMutation({
    mutationFn: save,
    onSuccess: (_, value) => {
      setIsAsking(false);
      undo.report(
        `Logs are kept for ${value} days.`,
        value > days
          ? async () => {
              await save(days);
              setText(String(days));
            }
          : undefined,
      );
    },
  });
  const problem = change.error ? asProblem(change.error) : null;
  const reason = problem?.violations.find(({ field }) => formField(field) === "retention_days")?.reason;
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (Number(text) < days) setIsAsking(true);
    else change.mutate(Number(text));
  };
  if (!rights.administer) {
    return (
      <>
        <Notice tone="info">Administrators of the project change how long logs are kept.</Notice>
        <p>Logs are kept for {days} days.</p>
      </>
    );
  }
  return (
    <form onSubmit={handleSubmit}>
      {undo.notice}
      {problem && !reason && !isAsking ? <ProblemNotice error={problem} title="Nothing is saved." /> : null}
      <div className="row">
        <TextInput
          label="Days that logs are kept"
          type="number"
          min={1}
          max={3650}
          required
          w={216}
          value={text}
          error={reason}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button
          type="submit"
          variant="filled"
          mt={24}
          loading={change.isPending}
          disabled={Number(text) === days}
        >
          Save
        </Button>
      </div>
      <Confirm
        opened={isAsking}
        title={`Keep logs for only ${text} days?`}
        action="Delete older logs"
        typeToConfirm={id}
        busy={change.isPending}
        error={change.error}
        onClose={() => setIsAsking(false)}
        onConfirm={() => change.mutate(Number(text))}
      >
        Logs that are older than {text} days are deleted. They cannot be brought back.
      </Confirm>
    </form>
  );
}

function Stored({ id }: { id: string }) {
  const overview = useQuery(overviewOptions(id));
  const [zone] = useZone();
  if (!overview.data) return null;
  const { logs } = overview.data;
  const moment = (at: string | null) => (at ? formatMoment(new Date(at), zone) : "none");
  return (
    <dl>
      <dt>Stored logs</dt>
      <dd>
        {formatCount(logs.total)}, {formatCount(Math.round(logs.bytes / 1024))} KiB compressed
      </dd>
      <dt>Oldest</dt>
      <dd>{moment(logs.first_at)}</dd>
      <dt>Newest</dt>
      <dd>{moment(logs.last_at)}</dd>
    </dl>
  );
}
