import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Notice, ProblemNotice } from "@/components/page/notice";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { SkeletonRows } from "@/components/page/skeleton";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import type { CiBridge } from "@/lib/api/client";
import { useRights } from "@/lib/api/session";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { formatAge } from "@/lib/time/time";
import { CiEmpty } from "../ci-empty";
import { pipelinesOptions } from "../ci-queries";
import { StateMark } from "../state-mark";
import { readAgain, type WorkflowFile, workflowsOptions } from "./workflow-queries";
import classes from "./workflows.module.css";

type RepositoryState = CiBridge["schemas"]["RepositoryState"];

/** The workflow files of the project's repositories: which are read, what they state, and what is wrong. */
export function WorkflowsPage() {
  const { project } = useParams({ from: "/signed-in/projects/$project/ci/workflows" });
  const workflows = useQuery(workflowsOptions(project));
  const pipelines = useQuery(pipelinesOptions(project));
  usePageTitle(`Workflow files of ${project}`);
  useApiRequests([
    {
      name: "Workflow files",
      method: "GET",
      path: pathWith("/api/v1/ci/workflows", { project_id: project }),
      operation: "workflow_list",
    },
  ]);
  const files = workflows.data?.items ?? [];
  const states = new Map(workflows.data?.repositories.map((state) => [state.repository, state]));
  const own =
    pipelines.data?.filter(({ mode }) => mode !== "emulated").map(({ repository }) => repository) ?? [];
  const names = [...new Set([...own, ...files.map(({ repository }) => repository), ...states.keys()])].sort();
  const wrong = files.filter(({ violations }) => violations?.length).length;
  const error = workflows.error ?? pipelines.error;
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Workflow files</h1>
        <span className="muted">workflows that state when they run</span>
        <span className="grow" />
        <Link className="underlined" to="/projects/$project/ci/workflows/check" params={{ project }}>
          Check a file
        </Link>
      </div>
      {error ? <ProblemNotice error={error} onRetry={() => void workflows.refetch()} /> : null}
      <div className={layout.scroll}>
        {workflows.isPending && !error ? <SkeletonRows rows={8} label="Reading the workflow files" /> : null}
        {workflows.data && names.length === 0 ? (
          <div className={layout.empty}>
            <CiEmpty
              title="No repository yet"
              reached={1}
              action={
                <Link to="/projects/$project/ci/pipelines" params={{ project }}>
                  To the pipelines
                </Link>
              }
            >
              A workflow file can state in its env when Logloop starts it. Create a pipeline with the
              repository and the workflow; then its files appear here.
            </CiEmpty>
          </div>
        ) : null}
        {workflows.data
          ? names.map((name) => (
              <Repository
                key={name}
                project={project}
                name={name}
                state={states.get(name)}
                files={files.filter(({ repository }) => repository === name)}
              />
            ))
          : null}
      </div>
      <PageFooter>
        <span>
          <b>{files.length}</b> files
        </span>
        {wrong > 0 ? <span>{counted(wrong, "file")} with violations</span> : null}
      </PageFooter>
    </div>
  );
}

function Repository({
  project,
  name,
  state,
  files,
}: {
  project: string;
  name: string;
  state: RepositoryState | undefined;
  files: readonly WorkflowFile[];
}) {
  const rights = useRights(project);
  const queryClient = useQueryClient();
  const again = useMutation({
    mutationFn: () => readAgain(project, name),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["ci", project, "workflows"] }),
  });
  return (
    <section className={classes.repository} aria-label={name}>
      <div className={classes.head}>
        <h2>{name}</h2>
        <span className="muted">
          {state?.read_at
            ? `read from GitHub ${formatAge(new Date(state.read_at))}, at ${state.commit?.slice(0, 7) ?? "no commit"}`
            : files.length > 0
              ? "its files are sent by hand"
              : "not read"}
        </span>
        <span className="grow" />
        {again.isSuccess ? (
          <span className="muted">it is read at its next turn, if the project has GitHub credentials</span>
        ) : null}
        {rights.edit ? (
          <Button loading={again.isPending} onClick={() => again.mutate()}>
            Read again
          </Button>
        ) : null}
      </div>
      {again.error ? <ProblemNotice error={again.error} title="It is not read again." /> : null}
      {state?.error ? (
        <Notice tone="error">
          The latest attempt to read it failed: {state.error}. The rules of its files stay as they are.
        </Notice>
      ) : null}
      {files.length > 0 ? (
        <Files project={project} files={files} />
      ) : (
        <p className={`muted ${classes.note}`}>
          No workflow file is known. Logloop reads <code>.github/workflows</code> if the project has GitHub
          credentials; without them, send the files: <code>logloop ci rules sync PATH</code>.
        </p>
      )}
    </section>
  );
}

function Files({ project, files }: { project: string; files: readonly WorkflowFile[] }) {
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th>File</th>
          <th>State</th>
          <th className="number">Conditions</th>
          <th className={classes.wide}>Commit</th>
          <th className={classes.wide}>Came by</th>
          <th className={classes.wide}>Read</th>
        </tr>
      </thead>
      <tbody>
        {files.map((file) => (
          <tr key={file.id}>
            <td>
              <Link to="/projects/$project/ci/workflows/$file" params={{ project, file: file.id }}>
                {file.path}
              </Link>
            </td>
            <td>
              <FileState file={file} />
            </td>
            <td className="number">{file.conditions}</td>
            <td className={classes.wide}>{file.commit ? <code>{file.commit.slice(0, 7)}</code> : null}</td>
            <td className={classes.wide}>{originName(file)}</td>
            <td className={classes.wide}>{formatAge(new Date(file.read_at))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export const originName = ({ origin }: WorkflowFile) =>
  origin === "repository" ? "read from GitHub" : "sent by hand";

export function FileState({ file }: { file: WorkflowFile }) {
  const count = file.violations?.length ?? 0;
  if (count > 0) return <StateMark tone="bad">{counted(count, "violation")}</StateMark>;
  if (file.conditions === 0) return <StateMark tone="quiet">states nothing</StateMark>;
  return <StateMark tone="good">in force</StateMark>;
}
