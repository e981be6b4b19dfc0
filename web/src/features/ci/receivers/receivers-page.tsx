import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { CiEmpty } from "../ci-empty";
import { StateMark } from "../state-mark";
import { ReceiverDrawer } from "./receiver-drawer";
import { deleteReceiver, type Receiver, receiverPagesOptions } from "./receiver-queries";
import { kindName } from "./receiver-values";
import classes from "./receivers.module.css";
import { TestDialog } from "./test-dialog";

type Dialog =
  | { kind: "form"; receiver: Receiver | null }
  | { kind: "test" | "delete"; receiver: Receiver }
  | null;

const columns = (project: string): Column<Receiver>[] => [
  { name: "Receiver", cell: (item) => <strong>{item.name}</strong> },
  { name: "Kind", wide: true, cell: (item) => kindName(item.kind) },
  { name: "Sends to", cell: (item) => <span className={`mono clip ${classes.target}`}>{item.target}</span> },
  {
    name: "Grouping",
    wide: true,
    cell: (item) => (
      <>
        <span className="muted">after</span> {item.group_wait} <span className="muted">every</span>{" "}
        {item.group_interval}
      </>
    ),
  },
  {
    name: "Quiet hours",
    wide: true,
    cell: ({ quiet_hours: quiet }) =>
      quiet ? (
        <>
          {quiet.start}–{quiet.end} <span className="muted">{quiet.timezone}</span>
        </>
      ) : (
        <span className="muted">none</span>
      ),
  },
  {
    name: "State",
    cell: (item) => (
      <StateMark tone={item.enabled ? "good" : "quiet"}>{item.enabled ? "on" : "off"}</StateMark>
    ),
  },
  {
    name: "Sent",
    wide: true,
    cell: (item) => (
      <Link to="/projects/$project/ci/notifications" params={{ project }} search={{ receiver: item.id }}>
        notifications
      </Link>
    ),
  },
];

/** Where notifications of rules go: webhooks, Slack, Teams and e-mail. */
export function ReceiversPage() {
  const { project } = useParams({ from: "/signed-in/projects/$project/ci/receivers" });
  const rights = useRights(project);
  const queryClient = useQueryClient();
  const pages = useInfiniteQuery(receiverPagesOptions(project));
  const [dialog, setDialog] = useState<Dialog>(null);
  usePageTitle(`Receivers of ${project}`);
  useApiRequests([
    {
      name: "Receivers",
      method: "GET",
      path: pathWith("/api/v1/ci/receivers", { project_id: project }),
      operation: "receiver_list",
    },
  ]);
  const create = () => setDialog({ kind: "form", receiver: null });
  useCommands(
    rights.edit ? [{ id: "receiver-new", label: "New receiver", group: "CI", keys: ["n"], run: create }] : [],
  );
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["ci", project] });
  const remove = useMutation({
    mutationFn: async (id: string) => deleteReceiver(id),
    onSuccess: async () => {
      setDialog(null);
      await refresh();
    },
  });
  const close = () => {
    setDialog(null);
    remove.reset();
  };
  const newButton = rights.edit ? (
    <Button variant="filled" leftSection={<IconPlus size={14} aria-hidden />} onClick={create}>
      New receiver…
    </Button>
  ) : null;
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Receivers</h1>
        <span className="muted">where notifications of rules go</span>
        <span className="grow" />
        {itemsOf(pages).length > 0 ? newButton : null}
      </div>
      <ResourceTable
        label="receivers"
        pages={pages}
        columns={columns(project)}
        keyOf={(item) => item.id}
        nameOf={(item) => item.name}
        actions={
          rights.edit
            ? (receiver) => [
                { name: "Test…", run: () => setDialog({ kind: "test", receiver }) },
                { name: "Edit…", run: () => setDialog({ kind: "form", receiver }) },
                { name: "Delete…", run: () => setDialog({ kind: "delete", receiver }) },
              ]
            : undefined
        }
        empty={
          <CiEmpty title="No receiver yet" reached={1} action={newButton}>
            A rule can tell people what it found: in Slack or Teams, by e-mail, or by a webhook with a body of
            your own. A burst becomes one message.
            {rights.edit ? "" : " A member of the project can create one."}
          </CiEmpty>
        }
      />
      <PageFooter keys={rights.edit ? [["N", "new receiver"]] : []}>
        <span>
          <b>{counted(itemsOf(pages).length, "receiver")}</b>
        </span>
      </PageFooter>
      {dialog?.kind === "form" ? (
        <ReceiverDrawer project={project} receiver={dialog.receiver} onSaved={refresh} onClose={close} />
      ) : null}
      {dialog?.kind === "test" ? <TestDialog receiver={dialog.receiver} onClose={close} /> : null}
      <Confirm
        opened={dialog?.kind === "delete"}
        title={`Delete the receiver ${dialog?.kind === "delete" ? dialog.receiver.name : ""}?`}
        action="Delete receiver"
        busy={remove.isPending}
        error={remove.error}
        onClose={close}
        onConfirm={() => dialog?.kind === "delete" && remove.mutate(dialog.receiver.id)}
      >
        Its stored secrets are deleted, and what it has not sent yet is dropped. A receiver that a rule
        notifies cannot be deleted.
      </Confirm>
    </div>
  );
}
