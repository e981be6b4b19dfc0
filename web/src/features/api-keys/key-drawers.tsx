import { Checkbox, Select, TextInput } from "@mantine/core";
import { RecordDrawer } from "@/components/records/record-drawer";
import type { RecordForm } from "@/components/records/use-record-form";
import { serverNow } from "@/lib/api/server-clock";
import { bytesText } from "@/lib/text/bytes";
import {
  type ApiKey,
  createApiKey,
  expiryAfter,
  type LimitFields,
  readLimits,
  type Scope,
  updateApiKey,
} from "./api-key-queries";

const SCOPES: [Scope, string][] = [
  ["ingest", "Send logs and points of metrics"],
  ["read", "Read logs, records and results"],
  ["admin", "Everything in the project"],
];
const EXPIRIES = [
  { value: "never", label: "Never" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
];

/** Creates a key. */
export function CreateKey({
  project,
  onCreated,
  onClose,
}: {
  project: string;
  onCreated: (key: string) => Promise<void>;
  onClose: () => void;
}) {
  const initial = {
    name: "",
    scopes: ["ingest"],
    expires_at: "never",
    max_bytes_per_s: "",
    daily_quota_bytes: "",
  };
  return (
    <RecordDrawer
      title="New API key"
      action="Create key"
      draftId={`api-key:${project}`}
      initial={initial}
      save={async ({ name, scopes, expires_at: days, ...limits }) => {
        const chosen = SCOPES.flatMap(([scope]) => (scopes.includes(scope) ? [scope] : []));
        const expiresAt = expiryAfter(days, serverNow())?.toISOString() ?? null;
        const key = { name, scopes: chosen, expires_at: expiresAt, ...readLimits(limits) };
        await onCreated(await createApiKey(project, key));
      }}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextInput
            label="What it is for"
            placeholder="checkout in production"
            required
            data-autofocus
            {...form.text("name")}
          />
          <Checkbox.Group
            label="What it may do"
            value={form.values.scopes}
            error={form.errorOf("scopes")}
            onChange={(scopes) => form.set("scopes", scopes)}
          >
            {SCOPES.map(([scope, meaning]) => (
              <Checkbox key={scope} mt={8} value={scope} label={scope} description={meaning} />
            ))}
          </Checkbox.Group>
          <Select label="Expires" data={EXPIRIES} {...form.choice("expires_at")} />
          <LimitInputs form={form} />
        </>
      )}
    </RecordDrawer>
  );
}

/** Changes the name and the limits of a key. */
export function EditKey({
  apiKey,
  onSaved,
  onClose,
}: {
  apiKey: ApiKey;
  onSaved: () => Promise<void>;
  onClose: () => void;
}) {
  const initial = {
    name: apiKey.name,
    max_bytes_per_s: bytesText(apiKey.max_bytes_per_s),
    daily_quota_bytes: bytesText(apiKey.daily_quota_bytes),
  };
  return (
    <RecordDrawer
      title={`Change ${apiKey.name}`}
      action="Save"
      initial={initial}
      save={async ({ name, ...limits }) => {
        await updateApiKey(apiKey.id, { name, ...readLimits(limits) });
        await onSaved();
      }}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextInput label="What it is for" required data-autofocus {...form.text("name")} />
          <LimitInputs form={form} />
        </>
      )}
    </RecordDrawer>
  );
}

function LimitInputs<V extends LimitFields>({ form }: { form: RecordForm<V> }) {
  const limits = form as unknown as RecordForm<LimitFields>;
  return (
    <>
      <TextInput
        label="Most a second"
        description="Bytes before compression. Short bursts of ten seconds' worth are accepted."
        placeholder="no limit, or 1 MB"
        {...limits.text("max_bytes_per_s")}
      />
      <TextInput
        label="Most a day"
        description="A day begins at midnight UTC."
        placeholder="no limit, or 10 GB"
        {...limits.text("daily_quota_bytes")}
      />
    </>
  );
}
