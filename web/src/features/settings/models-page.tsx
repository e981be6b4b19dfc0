import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { TextPage } from "@/components/page/text-page";
import { useRecordForm } from "@/components/records/use-record-form";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { usePageTitle } from "@/lib/page/page-title";
import { formatMoment, useZone } from "@/lib/time/time";
import { CheckResult } from "./check-result";
import { LlmSummary, llmBody, llmValues, ProviderList } from "./llm-form";
import classes from "./settings.module.css";
import { type LlmSettings, saveLlm, settingsOptions } from "./settings-queries";
import { useSettingsActions } from "./use-settings-actions";
import { useSettingsScope } from "./use-settings-scope";

/** Which model explains logs, and whether log text leaves this host. */
export function ModelsPage() {
  const { project, scope, mayEdit, picker } = useSettingsScope("models");
  const settings = useQuery(settingsOptions(scope));
  const [zone] = useZone();
  usePageTitle(`Language models of ${project}`);
  useApiRequests([
    {
      name: "Settings",
      method: "GET",
      path: pathWith("/api/v1/settings", { project_id: scope }),
      operation: "settings_read",
    },
  ]);
  const llm = settings.data?.llm;
  return (
    <TextPage
      title="Language models"
      intro="Findings, verdicts and counts are measured and need no model. A model writes the explanation and answers follow-ups. Secrets in log text are masked first."
      footer={
        llm?.updated_at ? <span>changed {formatMoment(new Date(llm.updated_at), zone)}</span> : undefined
      }
    >
      {picker}
      {settings.error ? (
        <ProblemNotice error={settings.error} onRetry={() => void settings.refetch()} />
      ) : null}
      {settings.isPending && !settings.error ? <SkeletonRows /> : null}
      {llm && mayEdit ? <LlmForm key={`${scope}${llm.updated_at}`} scope={scope} stored={llm} /> : null}
      {mayEdit ? null : <Notice tone="info">Administrators of the project change these settings.</Notice>}
      {llm && !mayEdit ? <LlmSummary stored={llm} /> : null}
    </TextPage>
  );
}

function LlmForm({ scope, stored }: { scope: string | undefined; stored: LlmSettings }) {
  const queryClient = useQueryClient();
  const actions = useSettingsActions(scope, "llm", stored.source);
  const { form, mutation, areErrorsShown, hasDraft, discard } = useRecordForm({
    initial: llmValues(stored),
    draftId: `llm:${scope ?? ""}`,
    secrets: ["api_key"],
    save: async (values) => {
      actions.clear();
      const saved = await saveLlm(scope, llmBody(values, stored));
      await queryClient.invalidateQueries({ queryKey: ["settings"] });
      return saved;
    },
  });
  const isChanged = JSON.stringify(form.values) !== JSON.stringify(llmValues(stored));
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate(form.values);
  };
  const mayTest = !isChanged && stored.source !== "none" && stored.provider !== "none";
  return (
    <form onSubmit={handleSubmit}>
      {scope !== undefined && stored.source === "default" ? (
        <Notice tone="info">
          This project uses the default of the installation. Saving gives it its own.
        </Notice>
      ) : null}
      {hasDraft && isChanged ? <Notice tone="info">This is what you typed before.</Notice> : null}
      {mutation.error && !areErrorsShown ? (
        <ProblemNotice error={mutation.error} title="Nothing is saved." />
      ) : null}
      {actions.problem}
      <ProviderList
        form={form}
        stored={stored}
        models={actions.result?.models ?? []}
        result={actions.result && !isChanged ? <CheckResult result={actions.result} /> : null}
      />
      <div className={classes.buttons}>
        <Button type="submit" variant="filled" loading={mutation.isPending} disabled={!isChanged}>
          Save
        </Button>
        <Button disabled={!isChanged} onClick={discard}>
          Discard
        </Button>
        <Button
          loading={actions.isTesting}
          disabled={!mayTest}
          title="Reads the provider's list of models with the stored token. No log and no prompt is sent."
          onClick={actions.test}
        >
          {actions.result ? "Test again" : "Test"}
        </Button>
        <span className="muted small">{isChanged ? "Save before you test." : ""}</span>
        <span className="grow" />
        {actions.remove}
      </div>
    </form>
  );
}
