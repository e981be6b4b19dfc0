import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FileSource, workflowsOptions } from "./workflow-queries";

/** The workflow file that states a rule, and its line. */
export function FileLink({ project, source }: { project: string; source: FileSource }) {
  const files = useQuery(workflowsOptions(project)).data?.items;
  const file = files?.find(
    ({ repository, path }) => repository === source.repository && path === source.path,
  );
  const words = `${source.path.split("/").at(-1)}:${source.line}`;
  const title = `${source.repository}, ${source.path}`;
  if (!file) return <span title={title}>{words}</span>;
  return (
    <Link
      className="underlined"
      to="/projects/$project/ci/workflows/$file"
      params={{ project, file: file.id }}
      title={title}
    >
      {words}
    </Link>
  );
}
