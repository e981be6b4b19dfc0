import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ProblemNotice } from "@/components/page/notice";
import { PageFooter } from "@/components/page/page-footer";
import { SkeletonRows } from "@/components/page/skeleton";
import { usePageTitle } from "@/lib/page/page-title";
import { runOptions } from "../ci-queries";
import { RunView } from "./run-view";
import { runName } from "./run-words";

/** One run of a workflow. */
export function RunPage() {
  const { project, run: id } = useParams({ from: "/signed-in/projects/$project/ci/runs/$run" });
  const run = useQuery(runOptions(project, id));
  usePageTitle(run.data ? `${runName(run.data)} ${id} · Runs of ${project}` : `Run ${id}`);
  if (run.data) return <RunView key={id} project={project} run={run.data} />;
  return (
    <>
      {run.error ? (
        <ProblemNotice error={run.error} onRetry={() => void run.refetch()} />
      ) : (
        <SkeletonRows rows={20} />
      )}
      <div className="grow" />
      <PageFooter />
    </>
  );
}
