import { ApiProblem } from "@/lib/api/problem";
import type { Receiver, ReceiverDraft, ReceiverKind } from "./receiver-queries";

/** A receiver as its form holds it. Secrets are empty until somebody types one. */
export type ReceiverValues = {
  name: string;
  kind: string;
  enabled: boolean;
  url: string;
  secret: string;
  template: string;
  smtp_host: string;
  smtp_port: string;
  security: string;
  username: string;
  password: string;
  sender: string;
  recipients: string[];
  group_wait: string;
  group_interval: string;
  isQuiet: boolean;
  quiet_start: string;
  quiet_end: string;
  timezone: string;
  removed: string[];
};
export const SECRETS = ["url", "secret", "password"] as const;

export const KINDS: readonly (readonly [kind: ReceiverKind, name: string])[] = [
  ["webhook", "Webhook"],
  ["slack", "Slack"],
  ["teams", "Teams"],
  ["email", "E-mail"],
];
export const kindName = (kind: ReceiverKind): string => KINDS.find(([known]) => known === kind)?.[1] ?? kind;

/** Ready-made times, from messages at once to one digest a day. */
export const GROUPINGS: readonly (readonly [name: string, wait: string, interval: string])[] = [
  ["Soon: what matches within 30 s, every 5 min at most", "30s", "5m"],
  ["At once, every 10 s at most", "0s", "10s"],
  ["A digest each hour", "1h", "1h"],
  ["A digest each day", "1d", "1d"],
];

/** What a template may use, as the server knows it. */
export const TEMPLATE_NAMES =
  "title, text, lines, count, link, rules, services, project, first_at, last_at, id, test";

export function valuesOf(receiver: Receiver | null): ReceiverValues {
  const { smtp, quiet_hours: quiet } = receiver ?? {};
  return {
    name: receiver?.name ?? "",
    kind: receiver?.kind ?? "webhook",
    enabled: receiver?.enabled ?? true,
    url: "",
    secret: "",
    template: receiver?.template ? JSON.stringify(receiver.template, null, 2) : "",
    smtp_host: smtp?.host ?? "",
    smtp_port: String(smtp?.port ?? 587),
    security: smtp?.security ?? "starttls",
    username: smtp?.username ?? "",
    password: "",
    sender: receiver?.sender ?? "",
    recipients: receiver?.recipients ?? [],
    group_wait: receiver?.group_wait ?? "30s",
    group_interval: receiver?.group_interval ?? "5m",
    isQuiet: Boolean(quiet),
    quiet_start: quiet?.start ?? "22:00",
    quiet_end: quiet?.end ?? "07:00",
    timezone: quiet?.timezone ?? "UTC",
    removed: [],
  };
}

/** Reads the JSON of a template; null without one. Throws a problem at the field when it is not an object. */
export function readTemplate(text: string): Record<string, unknown> | null {
  if (text.trim() === "") return null;
  let parsed: unknown;
  let reason = "Write one JSON object: { … }.";
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    reason = error instanceof Error ? `This is not JSON: ${error.message}` : reason;
  }
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Record<string, unknown>;
  }
  throw new ApiProblem(422, reason, [{ field: "body.template", reason, position: null }]);
}

/** Returns what the server stores: only the fields of the kind, and only the secrets that were typed or removed. */
export function draftOf(values: ReceiverValues): ReceiverDraft {
  const kind = values.kind as ReceiverKind;
  const used = { webhook: ["url", "secret"], slack: ["url"], teams: ["url"], email: ["password"] }[kind];
  const secrets = SECRETS.filter((name) => used.includes(name)).flatMap((name) => {
    if (values[name]) return [[name, values[name]] as const];
    return values.removed.includes(name) ? [[name, ""] as const] : [];
  });
  return {
    name: values.name,
    kind,
    enabled: values.enabled,
    template: kind === "webhook" ? (readTemplate(values.template) as ReceiverDraft["template"]) : null,
    smtp:
      kind === "email"
        ? {
            host: values.smtp_host.trim(),
            port: Number(values.smtp_port),
            security: values.security as "starttls" | "tls" | "none",
            username: values.username || null,
          }
        : null,
    sender: kind === "email" ? values.sender : null,
    recipients: kind === "email" ? values.recipients : [],
    group_wait: values.group_wait,
    group_interval: values.group_interval,
    quiet_hours: values.isQuiet
      ? { start: values.quiet_start, end: values.quiet_end, timezone: values.timezone }
      : null,
    ...Object.fromEntries(secrets),
  };
}

const NESTED: Record<string, string> = {
  "smtp.host": "smtp_host",
  "smtp.port": "smtp_port",
  "smtp.security": "security",
  "smtp.username": "username",
  "quiet_hours.start": "quiet_start",
  "quiet_hours.end": "quiet_end",
  "quiet_hours.timezone": "timezone",
  quiet_hours: "quiet_start",
};

/** Returns the field of the form that the server's path belongs to: "body.smtp.host" is smtp_host. */
export function receiverField(path: string): string {
  const own = path.replace(/^body\.?/, "");
  return NESTED[own] ?? own.split(".")[0] ?? "";
}
