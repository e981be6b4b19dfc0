import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import { type Column, ResourceTable, type RowAction } from "@/components/records/resource-table";
import { type ApiRequest, useApiRequests } from "@/lib/api/api-requests";
import { itemsOf, type Pages } from "@/lib/api/paged";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { CiEmpty } from "./ci-empty";

type Named = { id: string; name: string };
export type RecordForm<T> = { item: T | null; onSaved: () => Promise<void>; onClose: () => void };

type RecordListPageProps<T extends Named> = {
  project: string;
  title: string;
  intro: string;
  /** One record in words, such as "pipeline". */
  noun: string;
  pages: Pages<T>;
  columns: readonly Column<T>[];
  request: ApiRequest;
  /** Beside the button for a new record, for those who may edit. */
  tools?: ReactNode;
  /** What else a row offers to those who may edit. */
  actions?: (item: T) => readonly RowAction[];
  /** What the records are for, and how many steps of the loop exist without one. */
  empty: { title: string; reached: number; text: ReactNode };
  /** The form of a record; of a new one when the item is null. */
  form: (form: RecordForm<T>) => ReactNode;
  remove: (id: string) => Promise<unknown>;
  /** What a removal means, below its question. */
  removal: ReactNode;
  children?: ReactNode;
};

type Dialog<T> = { kind: "form"; item: T | null } | { kind: "delete"; item: T } | null;

/** A page with the records of one kind: its table, a form, and a question before a record is deleted. */
export function RecordListPage<T extends Named>(props: RecordListPageProps<T>) {
  const { project, title, noun, pages, empty, actions } = props;
  const rights = useRights(project);
  const queryClient = useQueryClient();
  const [dialog, setDialog] = useState<Dialog<T>>(null);
  usePageTitle(`${title} of ${project}`);
  useApiRequests([props.request]);
  const create = () => setDialog({ kind: "form", item: null });
  useCommands(
    rights.edit ? [{ id: `${noun}-new`, label: `New ${noun}`, group: "CI", keys: ["n"], run: create }] : [],
  );
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["ci", project] });
  const remove = useMutation({
    mutationFn: props.remove,
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
      New {noun}…
    </Button>
  ) : null;
  const rowActions = (item: T): RowAction[] => [
    ...(actions?.(item) ?? []),
    { name: "Edit…", run: () => setDialog({ kind: "form", item }) },
    { name: "Delete…", run: () => setDialog({ kind: "delete", item }) },
  ];
  const deleted = dialog?.kind === "delete" ? dialog.item : null;
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>{title}</h1>
        <span className="muted">{props.intro}</span>
        <span className="grow" />
        {rights.edit ? props.tools : null}
        {itemsOf(pages).length > 0 ? newButton : null}
      </div>
      <ResourceTable
        label={`${noun}s`}
        pages={pages}
        columns={props.columns}
        keyOf={(item) => item.id}
        nameOf={(item) => item.name}
        actions={rights.edit ? rowActions : undefined}
        empty={
          <CiEmpty title={empty.title} reached={empty.reached} action={newButton}>
            {empty.text}
            {rights.edit ? "" : " A member of the project can create one."}
          </CiEmpty>
        }
      />
      <PageFooter keys={rights.edit ? [["N", `new ${noun}`]] : []}>
        <span>
          <b>{itemsOf(pages).length}</b> {noun}s
        </span>
      </PageFooter>
      {dialog?.kind === "form" ? props.form({ item: dialog.item, onSaved: refresh, onClose: close }) : null}
      <Confirm
        opened={deleted !== null}
        title={`Delete the ${noun} ${deleted?.name ?? ""}?`}
        action={`Delete ${noun}`}
        busy={remove.isPending}
        error={remove.error}
        onClose={close}
        onConfirm={() => deleted && remove.mutate(deleted.id)}
      >
        {props.removal}
      </Confirm>
      {props.children}
    </div>
  );
}
