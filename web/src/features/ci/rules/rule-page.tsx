import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { NotAllowed } from "@/components/page/not-allowed";
import { ProblemNotice } from "@/components/page/notice";
import { PageFooter } from "@/components/page/page-footer";
import { SkeletonRows } from "@/components/page/skeleton";
import { RuleEditor } from "@/features/ci/rules/editor/rule-editor";
import { prefilled, sourceOf } from "@/features/ci/rules/editor/source/rule-source";
import { useRights } from "@/lib/api/session";
import { pipelinesOptions } from "../ci-queries";
import { draftOf, ruleOptions } from "./rule-queries";

/** A new rule, with what the address says about it. */
export function NewRulePage() {
  const { project } = useParams({ from: "/signed-in/projects/$project/ci/rules/new" });
  const { range, ...prefill } = useSearch({ from: "/signed-in/projects/$project/ci/rules/new" });
  const rights = useRights(project);
  const pipelines = useQuery(pipelinesOptions(project));
  if (!rights.edit)
    return <NotAllowed>Members and administrators of the project create its rules.</NotAllowed>;
  if (pipelines.error) return <Failed error={pipelines.error} onRetry={() => void pipelines.refetch()} />;
  if (!pipelines.data) return <SkeletonRows rows={16} />;
  const fitting =
    pipelines.data.find(({ service_id }) => service_id === prefill.service) ??
    (pipelines.data.length === 1 ? pipelines.data[0] : undefined);
  return (
    <RuleEditor
      key={JSON.stringify(prefill)}
      project={project}
      rule={null}
      initial={prefilled(prefill, fitting?.id)}
      draftId={`rule:${project}:new:${JSON.stringify(prefill)}`}
      range={range ?? "24h"}
    />
  );
}

/** A rule that is stored. */
export function RulePage() {
  const { project, rule: id } = useParams({ from: "/signed-in/projects/$project/ci/rules/$rule" });
  const { range } = useSearch({ from: "/signed-in/projects/$project/ci/rules/$rule" });
  const rule = useQuery(ruleOptions(id));
  if (rule.error) return <Failed error={rule.error} onRetry={() => void rule.refetch()} />;
  if (!rule.data) return <SkeletonRows rows={16} />;
  return (
    <RuleEditor
      key={id}
      project={project}
      rule={rule.data}
      initial={sourceOf(draftOf(rule.data))}
      draftId={`rule:${project}:${id}`}
      range={range ?? "24h"}
    />
  );
}

function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <>
      <ProblemNotice error={error} onRetry={onRetry} />
      <div className="grow" />
      <PageFooter />
    </>
  );
}
