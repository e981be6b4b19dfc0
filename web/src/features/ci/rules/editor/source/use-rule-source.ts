import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type RuleCheck, type RuleDraft, ruleCheckOptions } from "@/features/ci/rules/rule-queries";
import { asProblem } from "@/lib/api/problem";
import { readDraft, writeDraft } from "@/lib/page/drafts";
import { draftOfSource, type RuleSource, readSettings, sortErrors } from "./rule-source";

const CHECK_AFTER_MS = 300;

const isSame = (a: RuleSource, b: RuleSource) => a.condition === b.condition && a.settings === b.settings;

/** The texts of a rule while it is edited, kept in this browser until they are saved, and what the server says. */
export function useRuleSource(project: string, initial: RuleSource, draftId: string) {
  const [source, setSource] = useState(() => readDraft(draftId, initial) ?? initial);
  const [checked] = useDebouncedValue(source, CHECK_AFTER_MS);
  const draft = draftOfSource(source);
  const settled = draftOfSource(checked);
  // A rule without a name is checked as well: its condition may be wrong.
  const asked: RuleDraft | null = settled && { ...settled, name: settled.name || "unnamed" };
  const check = useQuery({
    ...ruleCheckOptions(project, asked ?? { name: "unnamed", action: { pipeline_id: "" } }),
    enabled: asked !== null,
  });
  const change = (next: RuleSource) => {
    setSource(next);
    writeDraft(draftId, isSame(next, initial) ? null : next);
  };
  const reset = () => {
    writeDraft(draftId, null);
    setSource(initial);
  };
  const result: RuleCheck | undefined = check.error ? undefined : check.data;
  return {
    source,
    change,
    reset,
    draft,
    settings: readSettings(source.settings),
    isDirty: !isSame(source, initial),
    isChecking: check.isFetching || !isSame(checked, source),
    isValid: draft !== null && result?.valid === true && draft.name !== "",
    errors: sortErrors(result?.errors ?? []),
    warnings: result?.warnings ?? [],
    result,
    /** Fields that the server could not read, and outages. */
    problem: check.error ? asProblem(check.error) : null,
  };
}
