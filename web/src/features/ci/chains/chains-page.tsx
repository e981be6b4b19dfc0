import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ProblemNotice } from "@/components/page/notice";
import { PageFooter } from "@/components/page/page-footer";
import { SkeletonRows } from "@/components/page/skeleton";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { usePageTitle } from "@/lib/page/page-title";
import { CiEmpty } from "../ci-empty";
import { ChainList } from "./chain-list";
import { chainPagesOptions } from "./chain-queries";
import { ChainView } from "./chain-view";
import classes from "./chains.module.css";

/** What started what: all chains, and one of them as a timeline. Without one in the address, the newest is shown. */
export function ChainsPage() {
  const { project, chain } = useParams({ strict: false }) as { project: string; chain?: string };
  const pages = useInfiniteQuery(chainPagesOptions(project));
  const shown = chain ?? itemsOf(pages)[0]?.id;
  usePageTitle(`Chains of ${project}`);
  useApiRequests([
    {
      name: "Chains",
      method: "GET",
      path: pathWith("/api/v1/ci/chains", { project_id: project }),
      operation: "chain_list",
    },
    ...(shown
      ? [
          {
            name: "Chain",
            method: "GET" as const,
            path: `/api/v1/ci/chains/${shown}`,
            operation: "chain_read",
          },
        ]
      : []),
  ]);
  if (shown) {
    return (
      <div className={classes.work}>
        <ChainList project={project} selected={shown} />
        <ChainView key={shown} project={project} id={shown} />
      </div>
    );
  }
  return (
    <>
      {pages.error ? <ProblemNotice error={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {pages.isPending && !pages.error ? <SkeletonRows rows={12} /> : null}
      {pages.data ? (
        <div className={classes.empty}>
          <CiEmpty
            title="No chain yet"
            reached={1}
            action={
              <Link to="/projects/$project/ci/rules" params={{ project }}>
                To the rules
              </Link>
            }
          >
            A chain shows what led to what: the line that a rule fired on, the workflow that it started, the
            output, and the next rule that the output made fire. The first one appears when a rule fires or
            you start a pipeline.
          </CiEmpty>
        </div>
      ) : null}
      <div className="grow" />
      <PageFooter />
    </>
  );
}
