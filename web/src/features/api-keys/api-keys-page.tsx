import { Button, Checkbox, Select, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { NotAllowed } from "@/components/page/not-allowed";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import { RecordDrawer } from "@/components/records/record-drawer";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { SecretOnce } from "@/components/records/secret-once";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { serverNow } from "@/lib/api/server-clock";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { formatAge, formatMoment, useZone } from "@/lib/time/time";
import {
  type ApiKey,
  apiKeyPagesOptions,
  createApiKey,
  expiryAfter,
  keyState,
  revokeApiKey,
  type Scope,
} from "./api-key-queries";

type Dialog = { kind: "create" } | { kind: "created"; key: string } | { kind: "revoke"; key: ApiKey } | null;

/** The keys with which programs use a project. */
export function ApiKeysPage() {
  const { project } = useParams({ from: "/signed-in/projects/$project/settings/api-keys" });
  const rights = useRights(project);
  usePageTitle(`API keys of ${project}`);
  if (!rights.administer) {
    return <NotAllowed>Administrators of the project see and change its API keys.</NotAllowed>;
  }
  return <ApiKeys project={project} />;
}

function ApiKeys({ project }: { project: string }) {
  const queryClient = useQueryClient();
  const pages = useInfiniteQuery(apiKeyPagesOptions(project));
  const [dialog, setDialog] = useState<Dialog>(null);
  useApiRequests([
    {
      name: "API keys",
      method: "GET",
      path: pathWith("/api/v1/api-keys", { project_id: project }),
      operation: "api_key_list",
    },
  ]);
  const create = () => setDialog({ kind: "create" });
  useCommands([{ id: "key-new", label: "New API key", group: "API keys", keys: ["n"], run: create }]);
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["api-keys", project] });
  const revoke = useMutation({
    mutationFn: async (key: ApiKey) => revokeApiKey(key.id),
    onSuccess: async () => {
      setDialog(null);
      await refresh();
    },
  });
  const keys = itemsOf(pages);
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>API keys</h1>
        <span className="muted">Programs send and read logs with them.</span>
        <span className="grow" />
        <Button variant="filled" leftSection={<IconPlus size={14} aria-hidden />} onClick={create}>
          New API key
        </Button>
      </div>
      <ResourceTable
        label="API keys"
        pages={pages}
        columns={useColumns()}
        keyOf={(key) => key.id}
        nameOf={(key) => key.name}
        actions={(key) =>
          key.revoked_at ? [] : [{ name: "Revoke…", run: () => setDialog({ kind: "revoke", key }) }]
        }
        empty={
          <>
            <p>Nothing can send logs to this project without a key.</p>
            <Button variant="filled" onClick={create}>
              Create the first key
            </Button>
          </>
        }
      />
      {dialog?.kind === "create" ? (
        <CreateKey
          project={project}
          onClose={() => setDialog((current) => (current?.kind === "create" ? null : current))}
          onCreated={async (key) => {
            await refresh();
            setDialog({ kind: "created", key });
          }}
        />
      ) : null}
      {dialog?.kind === "created" ? (
        <SecretOnce
          title="The new API key"
          label="API key"
          secret={dialog.key}
          onClose={() => setDialog(null)}
        >
          It is shown only now. Keep it where your programs read their secrets, for example as LOGLOOP_TOKEN.
        </SecretOnce>
      ) : null}
      <Confirm
        opened={dialog?.kind === "revoke"}
        title={`Revoke ${dialog?.kind === "revoke" ? dialog.key.name : ""}?`}
        action="Revoke key"
        busy={revoke.isPending}
        error={revoke.error}
        {...(dialog?.kind === "revoke" ? { typeToConfirm: dialog.key.name } : {})}
        onClose={() => setDialog(null)}
        onConfirm={() => dialog?.kind === "revoke" && revoke.mutate(dialog.key)}
      >
        Every service rejects it within five seconds. It cannot be made valid again.
      </Confirm>
      <PageFooter keys={[["N", "new key"]]}>
        <span>
          <b>{counted(keys.filter((key) => keyState(key, serverNow()) === "valid").length, "valid key")}</b>
        </span>
      </PageFooter>
    </div>
  );
}

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

function CreateKey({
  project,
  onCreated,
  onClose,
}: {
  project: string;
  onCreated: (key: string) => Promise<void>;
  onClose: () => void;
}) {
  const initial = { name: "", scopes: ["ingest"], expires_at: "never" };
  return (
    <RecordDrawer
      title="New API key"
      action="Create key"
      draftId={`api-key:${project}`}
      initial={initial}
      save={async ({ name, scopes, expires_at: days }) => {
        const chosen = SCOPES.flatMap(([scope]) => (scopes.includes(scope) ? [scope] : []));
        await onCreated(await createApiKey(project, name, chosen, expiryAfter(days, serverNow())));
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
        </>
      )}
    </RecordDrawer>
  );
}

function useColumns(): Column<ApiKey>[] {
  const [zone] = useZone();
  const moment = (at: string) => formatMoment(new Date(at), zone);
  const now = serverNow();
  return [
    {
      name: "Name",
      cell: (key) => <span className={key.revoked_at ? "muted" : "strong"}>{key.name}</span>,
    },
    { name: "Starts with", cell: (key) => <span className="mono">llk_{key.id}_</span>, wide: true },
    { name: "May", cell: (key) => [...key.scopes].sort().join(", ") },
    {
      name: "State",
      cell: (key) => {
        const state = keyState(key, now);
        if (state === "valid") return <span className="ok">✓ valid</span>;
        return <span className="muted">✕ {state}</span>;
      },
    },
    {
      name: "Expires",
      cell: (key) => (key.expires_at ? moment(key.expires_at) : <span className="muted">never</span>),
      wide: true,
    },
    {
      name: "Last used",
      cell: (key) =>
        key.last_used_at ? (
          <span title={moment(key.last_used_at)}>{formatAge(new Date(key.last_used_at), now)}</span>
        ) : (
          <span className="muted">never</span>
        ),
    },
    { name: "Created", cell: (key) => <span className="muted">{moment(key.created_at)}</span>, wide: true },
  ];
}
