import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { TextPage } from "@/components/page/text-page";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { usePageTitle } from "@/lib/page/page-title";
import { writeStored } from "@/lib/page/storage";
import { formatMoment, useZone } from "@/lib/time/time";
import { type GithubSettings, settingsOptions } from "../settings-queries";
import { useSettingsScope } from "../use-settings-scope";
import { GithubForm } from "./github-form";

/** The credentials with which workflows are started and runs are read. */
export function GithubPage() {
  const { project, scope, mayEdit, picker } = useSettingsScope("github");
  const settings = useQuery(settingsOptions(scope));
  const [zone] = useZone();
  usePageTitle(`GitHub settings of ${project}`);
  // GitHub sends people back to an address without a project.
  useEffect(() => writeStored("project", project), [project]);
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
      intro="Rules start workflows and read their runs as a GitHub App, or with a fine-grained token."
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
