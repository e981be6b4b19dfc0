import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import type { TEST_RANGES } from "@/features/ci/ci-search";
import { BackTestPanel } from "@/features/ci/rules/firings/back-test";
import { RuleEvaluations } from "@/features/ci/rules/firings/rule-evaluations";
import { RuleHistory } from "@/features/ci/rules/firings/rule-history";
import { createRule, type Rule, ruleOptions, updateRule } from "@/features/ci/rules/rule-queries";
import { type ApiRequest, pathWith, useApiRequests } from "@/lib/api/api-requests";
import { asProblem } from "@/lib/api/problem";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { writeDraft } from "@/lib/page/drafts";
import { usePageTitle } from "@/lib/page/page-title";
import { actionWords } from "./action/rule-actions";
import { EditorBar } from "./editor-bar";
import { FileRule } from "./file-rule";
import { RuleForm } from "./form/rule-form";
import classes from "./rule-editor.module.css";
import { type RuleSource, writeSettings } from "./source/rule-source";
import { SourceField } from "./source/source-field";
import { useRuleSource } from "./source/use-rule-source";

type RuleEditorProps = {
  project: string;
  /** The stored rule; null for a new one. */
  rule: Rule | null;
  initial: RuleSource;
  draftId: string;
  range: (typeof TEST_RANGES)[number];
};

/** A rule as form and as source side by side, checked by the server while it is typed, and tested on stored lines. */
export function RuleEditor({ project, rule, initial, draftId, range }: RuleEditorProps) {
  const rights = useRights(project);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const editing = useRuleSource(project, initial, draftId);
  const { source, draft, settings, errors } = editing;
  const [asks, setAsks] = useState(false);
  const isOn = rule?.enabled ?? false;
  const mayEdit = rights.edit && !rule?.source;
  const name = settings.settings?.name || (rule ? rule.name : "New rule");
  usePageTitle(`${name} · Rules of ${project}`);
  useApiRequests(requestsOf(rule));
  const save = useMutation({
    mutationFn: async (enabled: boolean) => {
      if (!draft) throw new Error("The settings cannot be read.");
      return rule ? updateRule(rule.id, { ...draft, enabled }) : createRule(project, { ...draft, enabled });
    },
    onSuccess: async (stored) => {
      writeDraft(draftId, null);
      setAsks(false);
      queryClient.setQueryData(ruleOptions(stored.id).queryKey, stored);
      await queryClient.invalidateQueries({ queryKey: ["ci", project] });
      await navigate({
        to: "/projects/$project/ci/rules/$rule",
        params: { project, rule: stored.id },
        search: { range },
        replace: true,
      });
    },
  });
  const canSave = mayEdit && draft !== null && !save.isPending;
  const handleSave = () => canSave && save.mutate(isOn);
  useCommands(
    mayEdit
      ? [
          {
            id: "rule-save",
            label: "Save the rule",
            group: "Rule",
            keys: ["Ctrl+s"],
            inFields: true,
            run: handleSave,
          },
        ]
      : [],
  );
  const violations = [
    ...(save.error ? asProblem(save.error).violations : []),
    ...(editing.problem?.violations ?? []),
  ];
  const errorOf = (path: string) => violations.find(({ field }) => field === `body.${path}`)?.reason;
  const isPlaced = violations.length > 0 && violations.every(({ field }) => field.startsWith("body."));
  // The form shows most of them at the fields; the source shows all.
  const settingErrors = violations
    .filter(({ field }) => field.startsWith("body.") && field !== "body.condition")
    .map(({ field, reason }) => ({
      text: `${field.replace(/^body\./, "")}: ${reason.replace("Value error, ", "")}`,
    }));
  const changeCondition = (condition: string) => editing.change({ ...source, condition });
  const changeSettings = (text: string) => editing.change({ ...source, settings: text });
  return (
    <div className={classes.page}>
      <EditorBar
        project={project}
        rule={rule}
        name={name}
        range={range}
        editing={editing}
        canSave={canSave}
        isSaving={save.isPending && !asks}
        onSave={handleSave}
        onSwitchOn={() => setAsks(true)}
      />
      <div className={classes.body}>
        {rule?.source ? <FileRule project={project} rule={rule} source={rule.source} /> : null}
        {rights.edit ? null : (
          <Notice tone="info">Members and administrators of the project change its rules.</Notice>
        )}
        {save.error && !asks ? <ProblemNotice error={save.error} title="The rule is not saved." /> : null}
        {editing.problem && !isPlaced ? <ProblemNotice error={editing.problem} /> : null}
        {errors.other.map((error) => (
          <Notice key={error} tone="error">
            {error}
          </Notice>
        ))}
        {editing.warnings.map((warning) => (
          <Notice key={warning} tone="warn">
            {warning}
          </Notice>
        ))}
        <div className={classes.halves}>
          <section className={classes.half} aria-label="Form">
            <div className={classes.title}>
              <h2>Form</h2>
              <span className="grow" />
              <span className="muted small">the form and the source are one</span>
            </div>
            {settings.settings ? (
              <RuleForm
                project={project}
                condition={source.condition}
                settings={settings.settings}
                disabled={!mayEdit}
                errorOf={errorOf}
                actionErrors={errors.action}
                onCondition={changeCondition}
                onSettings={(next) => changeSettings(writeSettings(next))}
              />
            ) : (
              <p className={classes.form}>The form comes back when the settings can be read.</p>
            )}
          </section>
          <section className={classes.half} aria-label="Source">
            <div className={classes.title}>
              <h2>Source</h2>
              <span className="grow" />
              <a className="small" href="/docs" target="_blank" rel="noopener noreferrer">
                names and functions
              </a>
            </div>
            <SourceField
              label="Condition (CEL)"
              value={source.condition}
              errors={errors.condition}
              disabled={!mayEdit}
              minLines={3}
              onChange={changeCondition}
            />
            <SourceField
              label="Settings (JSON, as the API takes them)"
              value={source.settings}
              errors={settings.error ? [{ text: settings.error }] : settingErrors}
              disabled={!mayEdit}
              minLines={8}
              onChange={changeSettings}
            />
          </section>
        </div>
        <BackTestPanel
          project={project}
          ruleId={rule?.id ?? null}
          draft={editing.result?.valid ? draft && { ...draft, name: draft.name || "unnamed" } : null}
          range={range}
          onRange={(next) =>
            void navigate({ to: ".", search: (old: object) => ({ ...old, range: next }), replace: true })
          }
        />
        {rule ? <RuleEvaluations project={project} ruleId={rule.id} /> : null}
        {rule ? <RuleHistory project={project} ruleId={rule.id} /> : null}
      </div>
      <PageFooter keys={[...(mayEdit ? [["Ctrl S", "save"] as [string, string]] : []), ["B", "back-test"]]}>
        <span>{editing.isChecking ? "being checked by the server" : "checked by the server"}</span>
      </PageFooter>
      <Confirm
        opened={asks}
        title={`Switch on ${name}?`}
        action="Save and switch on"
        busy={save.isPending}
        error={save.error}
        onClose={() => setAsks(false)}
        onConfirm={() => save.mutate(true)}
      >
        {draft?.dry_run
          ? "When it fires, what it would start is recorded and nothing is sent: it is a dry run."
          : `When it fires, it ${actionWords(draft?.action ?? {})}, at most ${draft?.budget?.per_hour ?? 4} times an hour and ${draft?.budget?.per_day ?? 20} times a day.`}
      </Confirm>
    </div>
  );
}

function requestsOf(rule: Rule | null): ApiRequest[] {
  if (!rule) {
    return [{ name: "Check", method: "POST", path: "/api/v1/ci/rules/check", operation: "rule_check" }];
  }
  const path = `/api/v1/ci/rules/${rule.id}`;
  return [
    { name: "Rule", method: "GET", path, operation: "rule_read" },
    {
      name: "Evaluations",
      method: "GET",
      path: pathWith(`${path}/evaluations`, { limit: 50 }),
      operation: "rule_evaluation_list",
    },
  ];
}
