import { Autocomplete, Button, SegmentedControl, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { CopyButton } from "@/components/copy-button";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { SecretField } from "@/components/records/secret-field";
import { type RecordForm, useRecordForm } from "@/components/records/use-record-form";
import { asProblem } from "@/lib/api/problem";
import { CheckResult } from "../check-result";
import classes from "../settings.module.css";
import { type GithubSettings, saveGithub } from "../settings-queries";
import { useSettingsActions } from "../use-settings-actions";
import { AppInstallations } from "./app-installations";
import { CreateApp } from "./create-app";
import { repositoriesOptions } from "./github-queries";
import { type GithubValues, githubBody, githubValues, SECRETS } from "./github-values";

const MONO = { classNames: { input: "mono" } };
type FormProps = { scope: string | undefined; stored: GithubSettings };
type PartProps = FormProps & { form: RecordForm<GithubValues> };

/** The credentials of GitHub: an App or a token, where webhooks come from, and the usual repository. */
export function GithubForm({ scope, stored }: FormProps) {
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
  const usesApp = form.values.credentials === "app";
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
          {...MONO}
          {...form.text("api_url")}
        />
        <div>
          <span className="small muted">Credentials</span>
          <SegmentedControl
            fullWidth
            aria-label="Credentials"
            data={[
              { value: "app", label: "GitHub App" },
              { value: "token", label: "Fine-grained token" },
            ]}
            value={form.values.credentials}
            onChange={(value) => form.set("credentials", value)}
          />
        </div>
      </div>
      {usesApp ? (
        <AppFields form={form} scope={scope} stored={stored} onBegun={discard} />
      ) : (
        <TokenFields form={form} scope={scope} stored={stored} />
      )}
      <WebhookFields form={form} scope={scope} stored={stored} />
      <RepositoryField form={form} scope={scope} stored={stored} />
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

function AppFields({ form, scope, stored, onBegun }: PartProps & { onBegun: () => void }) {
  return (
    <>
      {stored.has_token ? (
        <Notice tone="info">Saving removes the stored token: the App takes its place.</Notice>
      ) : null}
      {stored.app_id && stored.has_private_key ? (
        <AppInstallations
          scope={scope}
          app={stored.app_id}
          chosen={form.values.installation_id}
          onChoose={(id) => form.set("installation_id", id)}
        />
      ) : (
        <CreateApp scope={scope} apiUrl={form.values.api_url} onBegun={onBegun} />
      )}
      <h2 className={classes.heading}>{stored.app_id ? "The App" : "An App that exists"}</h2>
      <div className={`${classes.fields} ${classes.plain}`}>
        <TextInput label="App id" {...MONO} {...form.text("app_id")} />
        <TextInput label="Installation id" {...MONO} {...form.text("installation_id")} />
        <SecretField
          form={form}
          name="private_key"
          label="Private key of the App"
          multiline
          stored={stored.has_private_key}
          hint="PEM. Stored encrypted and never shown again"
        />
      </div>
    </>
  );
}

function TokenFields({ form, stored }: PartProps) {
  return (
    <>
      {stored.app_id ? (
        <Notice tone="info">Saving removes the stored App: the token takes its place.</Notice>
      ) : null}
      <p className="soft">
        Its repository permissions: <b>Actions</b> and <b>Contents</b>, both read and write. GitHub gives such
        tokens no access to annotations.
      </p>
      <div className={`${classes.fields} ${classes.plain}`}>
        <SecretField
          form={form}
          name="token"
          label="Token"
          stored={stored.has_token}
          last4={stored.token_last4}
        />
      </div>
    </>
  );
}

function WebhookFields({ form, stored }: PartProps) {
  const address = `${globalThis.location.origin}/api/v1/ci/webhooks/github`;
  return (
    <>
      <h2 className={classes.heading}>Webhooks</h2>
      <p className="soft">
        They make runs and workflow files faster to follow; without them, both are polled. Events: pushes and
        workflow runs, as JSON, to <span className="mono">{address}</span>{" "}
        <CopyButton text={address} label="Copy the address" />
      </p>
      <div className={`${classes.fields} ${classes.plain}`}>
        <SecretField
          form={form}
          name="webhook_secret"
          label="Webhook secret"
          stored={stored.has_webhook_secret}
        />
      </div>
    </>
  );
}

/** The usual repository, chosen from those that the stored credentials reach. */
function RepositoryField({ form, scope, stored }: PartProps) {
  const [asked, setAsked] = useState(false);
  const installation = form.values.credentials === "app" ? form.values.installation_id : "";
  const isComplete = stored.has_token || (stored.app_id !== null && installation !== "");
  const found = useQuery({
    ...repositoriesOptions(scope, installation, stored.updated_at),
    enabled: asked && isComplete,
  });
  return (
    <div className={`${classes.fields} ${classes.plain}`}>
      <Autocomplete
        label="Default repository"
        description={
          found.error
            ? `GitHub does not list them: ${asProblem(found.error).message}`
            : found.data
              ? `${found.data.length} repositories can be reached`
              : "For services without a repository"
        }
        placeholder="acme/shop"
        data={found.data ?? []}
        limit={50}
        {...MONO}
        value={form.values.default_repository}
        error={form.errorOf("default_repository")}
        onFocus={() => setAsked(true)}
        onChange={(value) => form.set("default_repository", value)}
      />
    </div>
  );
}
