import { Button, TextInput } from "@mantine/core";
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
import { SecretField, secretPart } from "./secret-field";
import classes from "./settings.module.css";
import { type GithubSettings, type NewGithubSettings, saveGithub, settingsOptions } from "./settings-queries";
import { useSettingsActions } from "./use-settings-actions";
import { useSettingsScope } from "./use-settings-scope";

type GithubValues = {
  api_url: string;
  default_repository: string;
  token: string;
  app_id: string;
  installation_id: string;
  private_key: string;
  webhook_secret: string;
  removed: string[];
};
const SECRETS = ["token", "private_key", "webhook_secret"] as const;

function githubValues(settings: GithubSettings): GithubValues {
  return {
    api_url: settings.api_url,
    default_repository: settings.default_repository ?? "",
    token: "",
    app_id: settings.app_id ?? "",
    installation_id: settings.installation_id ?? "",
    private_key: "",
    webhook_secret: "",
    removed: [],
  };
}

function githubBody(values: GithubValues): NewGithubSettings {
  return {
    api_url: values.api_url,
    default_repository: values.default_repository || null,
    app_id: values.app_id || null,
    installation_id: values.installation_id || null,
    ...Object.assign({}, ...SECRETS.map((name) => secretPart(name, values[name], values.removed))),
  };
}

/** The credentials with which workflows are started and runs are read. */
export function GithubPage() {
  const { project, scope, mayEdit, picker } = useSettingsScope("github");
  const settings = useQuery(settingsOptions(scope));
  const [zone] = useZone();
  usePageTitle(`GitHub settings of ${project}`);
  useApiRequests([
    {
      name: "Settings",
      method: "GET",
      path: pathWith("/api/v1/settings", { project_id: scope }),
      operation: "settings_read",
    },
  ]);
  const github = settings.data?.github;
  return (
    <TextPage
      title="GitHub"
      intro="Rules start workflows and read their runs with a fine-grained token (Actions: write), or with a GitHub App."
      footer={
        github?.updated_at ? (
          <span>changed {formatMoment(new Date(github.updated_at), zone)}</span>
        ) : undefined
      }
    >
      {picker}
      {settings.error ? (
        <ProblemNotice error={settings.error} onRetry={() => void settings.refetch()} />
      ) : null}
      {settings.isPending && !settings.error ? <SkeletonRows /> : null}
      {github && mayEdit ? (
        <GithubForm key={`${scope}${github.updated_at}`} scope={scope} stored={github} />
      ) : null}
      {mayEdit ? null : <Notice tone="info">Administrators of the project change these settings.</Notice>}
      {github && !mayEdit ? <GithubSummary stored={github} /> : null}
    </TextPage>
  );
}

/** What is in use, for those who may not change it. */
function GithubSummary({ stored }: { stored: GithubSettings }) {
  const credentials = stored.has_token ? "a token" : stored.app_id ? `the App ${stored.app_id}` : "none";
  return (
    <dl>
      <dt>API address</dt>
      <dd className="mono">{stored.api_url}</dd>
      <dt>Credentials</dt>
      <dd>{credentials}</dd>
      <dt>Webhook secret</dt>
      <dd>{stored.has_webhook_secret ? "set" : "not set"}</dd>
      <dt>Default repository</dt>
      <dd className="mono">{stored.default_repository ?? "none"}</dd>
    </dl>
  );
}

function GithubForm({ scope, stored }: { scope: string | undefined; stored: GithubSettings }) {
  const queryClient = useQueryClient();
  const actions = useSettingsActions(scope, "github", stored.source);
  const { form, mutation, areErrorsShown, discard } = useRecordForm({
    initial: githubValues(stored),
    draftId: `github:${scope ?? ""}`,
    secrets: [...SECRETS],
    save: async (values) => {
      actions.clear();
      const saved = await saveGithub(scope, githubBody(values));
      await queryClient.invalidateQueries({ queryKey: ["settings"] });
      return saved;
    },
  });
  const isChanged = JSON.stringify(form.values) !== JSON.stringify(githubValues(stored));
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate(form.values);
  };
  const input = { classNames: { input: "mono" } };
  return (
    <form onSubmit={handleSubmit}>
      {scope !== undefined && stored.source === "default" ? (
        <Notice tone="info">
          This project uses the default of the installation. Saving gives it its own.
        </Notice>
      ) : null}
      {mutation.error && !areErrorsShown ? (
        <ProblemNotice error={mutation.error} title="Nothing is saved." />
      ) : null}
      {actions.problem}
      <div className={`${classes.fields} ${classes.plain}`}>
        <TextInput
          label="API address"
          description="GitHub Enterprise: https://host/api/v3"
          required
          {...input}
          {...form.text("api_url")}
        />
        <TextInput
          label="Default repository"
          description="For services without a repository"
          placeholder="acme/shop"
          {...input}
          {...form.text("default_repository")}
        />
        <SecretField
          form={form}
          name="token"
          label="Token"
          stored={stored.has_token}
          last4={stored.token_last4}
        />
        <SecretField
          form={form}
          name="webhook_secret"
          label="Webhook secret"
          stored={stored.has_webhook_secret}
        />
        <TextInput label="App id" description="Instead of a token" {...input} {...form.text("app_id")} />
        <TextInput
          label="Installation id"
          description="Of the App"
          {...input}
          {...form.text("installation_id")}
        />
        <SecretField
          form={form}
          name="private_key"
          label="Private key of the App"
          multiline
          stored={stored.has_private_key}
          hint="PEM. Stored encrypted and never shown again"
        />
      </div>
      {actions.result && !isChanged ? <CheckResult result={actions.result} inset={false} /> : null}
      <div className={classes.buttons}>
        <Button type="submit" variant="filled" loading={mutation.isPending} disabled={!isChanged}>
          Save
        </Button>
        <Button disabled={!isChanged} onClick={discard}>
          Discard
        </Button>
        <Button
          loading={actions.isTesting}
          disabled={isChanged || stored.source === "none"}
          title="Reads the default repository, or checks the credentials. Changes nothing."
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
