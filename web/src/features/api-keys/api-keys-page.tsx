import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { NotAllowed } from "@/components/page/not-allowed";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import { ResourceTable, type RowAction } from "@/components/records/resource-table";
import { SecretOnce } from "@/components/records/secret-once";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { serverNow } from "@/lib/api/server-clock";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { type ApiKey, apiKeyPagesOptions, keyState, revokeApiKey } from "./api-key-queries";
import { useKeyColumns } from "./key-columns";
import { CreateKey, EditKey } from "./key-drawers";
import { RotateKey } from "./rotate-key";

type Dialog =
  | { kind: "create" }
  | { kind: "created"; key: string }
  | { kind: "edit" | "rotate" | "revoke"; key: ApiKey }
  | null;

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
  const actionsOf = (key: ApiKey): RowAction[] => {
    const state = keyState(key, serverNow());
    const action = (name: string, kind: "edit" | "rotate" | "revoke") => ({
      name,
      run: () => setDialog({ kind, key }),
    });
    return [
      ...(state === "valid" ? [action("Change…", "edit")] : []),
      ...(state === "valid" && !key.replaced_by ? [action("Rotate…", "rotate")] : []),
      ...(state === "revoked" ? [] : [action("Revoke…", "revoke")]),
    ];
  };
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
        columns={useKeyColumns()}
        keyOf={(key) => key.id}
        nameOf={(key) => key.name}
        actions={actionsOf}
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
      {dialog?.kind === "edit" ? (
        <EditKey apiKey={dialog.key} onSaved={refresh} onClose={() => setDialog(null)} />
      ) : null}
      {dialog?.kind === "rotate" ? (
        <RotateKey
          apiKey={dialog.key}
          onRotated={async (key) => {
            await refresh();
            setDialog({ kind: "created", key });
          }}
          onClose={() => setDialog(null)}
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
