import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Notice, ProblemNotice } from "@/components/page/notice";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { SkeletonRows } from "@/components/page/skeleton";
import { useApiRequests } from "@/lib/api/api-requests";
import { useRights } from "@/lib/api/session";
import { usePageTitle } from "@/lib/page/page-title";
import { formatAge } from "@/lib/time/time";
import { SourceField } from "../rules/editor/source/source-field";
import { ConditionTable } from "./condition-table";
import { errorsOf, type WorkflowView, workflowOptions } from "./workflow-queries";
import classes from "./workflows.module.css";
import { FileState, originName } from "./workflows-page";

/** One workflow file as it was last read. */
export function WorkflowPage() {
  const { project, file: id } = useParams({ from: "/signed-in/projects/$project/ci/workflows/$file" });
  const file = useQuery(workflowOptions(project, id));
  usePageTitle(file.data ? `${file.data.path} · Workflow files of ${project}` : "Workflow file");
  useApiRequests([
    { name: "Workflow file", method: "GET", path: `/api/v1/ci/workflows/${id}`, operation: "workflow_read" },
  ]);
  return (
    <div className={layout.page}>
      {file.error ? <ProblemNotice error={file.error} onRetry={() => void file.refetch()} /> : null}
      {file.isPending && !file.error ? <SkeletonRows rows={20} /> : null}
      {file.data ? <File project={project} file={file.data} /> : <span className="grow" />}
      <PageFooter />
    </div>
  );
}

function File({ project, file }: { project: string; file: WorkflowView }) {
  const rights = useRights(project);
  const violations = file.violations ?? [];
  return (
    <>
      <div className={layout.head}>
        <Link className="underlined" to="/projects/$project/ci/workflows" params={{ project }}>
          Workflow files
        </Link>
        <span className="muted">/ {file.repository} /</span>
        <h1>{file.path}</h1>
        <FileState file={file} />
        <span className="muted">
          {originName(file)} {formatAge(new Date(file.read_at))}
          {file.commit ? ", at " : ""}
          {file.commit ? <Commit file={file} commit={file.commit} /> : null}
        </span>
        <span className="grow" />
        {rights.edit ? (
          <Link
            className="underlined"
            to="/projects/$project/ci/emulate"
            params={{ project }}
            search={{ file: file.id }}
          >
            Emulate…
          </Link>
        ) : null}
      </div>
      <div className={layout.scroll}>
        {violations.length > 0 ? (
          <Notice tone="error">
            The violations are marked below the source. The rules of the file stay as in its last version
            without any.
          </Notice>
        ) : null}
        {file.stated.length > 0 ? (
          <ConditionTable project={project} stated={file.stated} rules={file.rules} />
        ) : violations.length > 0 ? null : (
          <p className={`muted ${classes.note}`}>
            The file states no condition, so Logloop starts it only by other rules or by hand.
          </p>
        )}
        <SourceField
          label="Source, as it was read"
          value={file.text}
          errors={errorsOf(violations)}
          disabled
          minLines={4}
          onChange={() => undefined}
        />
      </div>
    </>
  );
}

function Commit({ file, commit }: { file: WorkflowView; commit: string }) {
  if (file.origin !== "repository") return <code>{commit.slice(0, 7)}</code>;
  return (
    <a
      href={`https://github.com/${file.repository}/blob/${encodeURIComponent(commit)}/${file.path}`}
      target="_blank"
      rel="noopener noreferrer"
    >
      <code>{commit.slice(0, 7)}</code>
    </a>
  );
}
