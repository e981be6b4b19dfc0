import { secretPart } from "@/components/records/secret-field";
import type { GithubSettings, NewGithubSettings } from "../settings-queries";

export type GithubValues = {
  api_url: string;
  default_repository: string;
  /** Which credentials are stored: only one kind is. */
  credentials: string;
  token: string;
  app_id: string;
  installation_id: string;
  private_key: string;
  webhook_secret: string;
  removed: string[];
};
export const SECRETS = ["token", "private_key", "webhook_secret"] as const;

export function githubValues(settings: GithubSettings): GithubValues {
  return {
    api_url: settings.api_url,
    default_repository: settings.default_repository ?? "",
    credentials: settings.has_token ? "token" : "app",
    token: "",
    app_id: settings.app_id ?? "",
    installation_id: settings.installation_id ?? "",
    private_key: "",
    webhook_secret: "",
    removed: [],
  };
}

/** Returns what is stored. The secrets of the kind of credentials that was not chosen are removed. */
export function githubBody(values: GithubValues): NewGithubSettings {
  const usesApp = values.credentials === "app";
  const unused = usesApp ? "token" : "private_key";
  const secrets = SECRETS.map((name) =>
    name === unused ? { [name]: null } : secretPart(name, values[name], values.removed),
  );
  return {
    api_url: values.api_url,
    default_repository: values.default_repository || null,
    app_id: (usesApp && values.app_id) || null,
    installation_id: (usesApp && values.installation_id) || null,
    ...Object.assign({}, ...secrets),
  };
}

/** Returns an address of GitHub's pages as a link, or null when it is not one. */
export function safeLink(address: string): string | null {
  const url = URL.parse(address);
  return url && /^https?:$/.test(url.protocol) ? url.href : null;
}
