import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { SubjectLink } from "@/features/ci/cause-link";
import { Clause } from "@/features/ci/rules/editor/condition/clause";
import classes from "@/features/ci/rules/editor/rule-editor.module.css";
import { type Evaluation, type EvaluationPage, evaluationsOptions } from "@/features/ci/rules/rule-queries";
import { StateMark, type Tone } from "@/features/ci/state-mark";
import { formatAge, formatCount, formatMoment, useZone } from "@/lib/time/time";
import { FiringActions, type FiringEffects, useFiringEffects } from "./firing-actions";
import { gateText, times } from "./gates";

const OUTCOMES: Record<string, [Tone, string]> = {
  fired: ["good", "fired"],
  dry_run: ["good", "fired, dry run"],
  blocked: ["caution", "held back"],
  no_match: ["quiet", "did not fire"],
};
const SHOWN = 8;

/** Why the rule fired or did not: what each clause was, and which gate was closed. */
export function RuleEvaluations({ project, ruleId }: { project: string; ruleId: string }) {
  const evaluations = useQuery(evaluationsOptions(ruleId));
  const effects = useFiringEffects(project, ruleId);
  const [showsAll, setShowsAll] = useState(false);
  const items = evaluations.data?.items ?? [];
  return (
    <section className={classes.section} aria-label="Why did it fire?">
      <div className={classes.sectionHead}>
        <h2>Why did it fire, or not?</h2>
        {evaluations.data ? <Now now={evaluations.data.now} /> : null}
      </div>
      {evaluations.error ? (
        <ProblemNotice error={evaluations.error} onRetry={() => void evaluations.refetch()} />
      ) : null}
      {evaluations.isPending && !evaluations.error ? <SkeletonRows rows={3} /> : null}
      {evaluations.data && items.length === 0 ? (
        <p className="muted">
          It was not evaluated yet, or no line passed its filter. A line that passes and does not match is
          listed here with the value of each clause.
        </p>
      ) : null}
      {items.length > 0 ? (
        <table className={classes.clauses} aria-label="Evaluations">
          <tbody>
            {items.slice(0, showsAll ? undefined : SHOWN).map((item, index) => (
              <EvaluationRow
                // biome-ignore lint/suspicious/noArrayIndexKey: several evaluations may have the same moment.
                key={`${item.at} ${index}`}
                project={project}
                evaluation={item}
                effects={effects}
              />
            ))}
          </tbody>
        </table>
      ) : null}
      {items.length > SHOWN ? (
        <Button variant="subtle" onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? "Show fewer" : `Show all ${items.length}`}
        </Button>
      ) : null}
    </section>
  );
}

function Now({ now }: { now: EvaluationPage["now"] }) {
  const parts = [
    now.enabled ? null : "It is off.",
    now.gate
      ? `Now: ${gateText(now.gate)}${now.quiet_until ? `, until ${formatAge(new Date(now.quiet_until))}` : ""}.`
      : null,
    `Fired ${times(now.fired_last_day)} in 24 h.`,
    now.looks
      ? `Looked ${times(now.looks)} since the service started, ${formatCount(now.matched ?? 0)} lines passed.`
      : null,
  ].filter(Boolean);
  return <span className="muted">{parts.join(" ")}</span>;
}

function EvaluationRow({
  project,
  evaluation,
  effects,
}: {
  project: string;
  evaluation: Evaluation;
  effects: FiringEffects;
}) {
  const [zone] = useZone();
  const [tone, words] = OUTCOMES[evaluation.outcome] ?? ["quiet", evaluation.outcome];
  return (
    <tr>
      <td className="mono" title={formatAge(new Date(evaluation.at))}>
        {formatMoment(new Date(evaluation.at), zone)}
      </td>
      <td>
        <StateMark tone={tone}>{words}</StateMark>
        {evaluation.gate ? <div className="small muted">{gateText(evaluation.gate)}</div> : null}
      </td>
      <td>
        {evaluation.parts?.map((part) => (
          <Clause key={part.text} part={part} stats={evaluation.stats ?? {}} />
        ))}
        {evaluation.detail ? <div className="small soft">{evaluation.detail}</div> : null}
      </td>
      <td>
        {evaluation.subject_id ? <SubjectLink project={project} id={evaluation.subject_id} /> : null}
        <FiringActions project={project} evaluation={evaluation} effects={effects} />
      </td>
    </tr>
  );
}
