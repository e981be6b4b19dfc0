import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { ciBridge } from "@/lib/api/client";
import { itemsOf } from "@/lib/api/paged";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { formatAge } from "@/lib/time/time";
import { CiEmpty } from "../ci-empty";
import { type Template, templatePagesOptions } from "../ci-queries";
import { TemplateDrawer } from "./template-drawer";

type Dialog = { kind: "form"; template: Template | null } | { kind: "delete"; template: Template } | null;

const COLUMNS: Column<Template>[] = [
  { name: "Template", cell: (item) => <strong>{item.name}</strong> },
  { name: "Event type", cell: (item) => <span className="mono">{item.event_type}</span> },
  {
    name: "Fields",
    wide: true,
    cell: (item) => (
      <span className="mono soft">{item.fields?.map(({ name }) => name).join(", ") || "none"}</span>
    ),
  },
  {
    name: "Required",
    wide: true,
    cell: (item) => (
      <span className="mono soft">
        {item.fields
          ?.filter(({ required }) => required)
          .map(({ name }) => name)
          .join(", ")}
      </span>
    ),
  },
  {
    name: "Changed",
    wide: true,
    cell: (item) => <span className="muted">{formatAge(new Date(item.updated_at))}</span>,
  },
];

/** What GitHub receives when a rule fires: named values with types. */
export function TemplatesPage() {
  const { project } = useParams({ from: "/signed-in/projects/$project/ci/templates" });
  const rights = useRights(project);
  const queryClient = useQueryClient();
  const pages = useInfiniteQuery(templatePagesOptions(project));
  const [dialog, setDialog] = useState<Dialog>(null);
  usePageTitle(`Event templates of ${project}`);
  useApiRequests([
    {
      name: "Templates",
      method: "GET",
      path: pathWith("/api/v1/ci/templates", { project_id: project }),
      operation: "template_list",
    },
  ]);
  const create = () => setDialog({ kind: "form", template: null });
  useCommands(
    rights.edit ? [{ id: "template-new", label: "New template", group: "CI", keys: ["n"], run: create }] : [],
  );
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["ci", project] });
  const remove = useMutation({
    mutationFn: async (id: string) =>
      ciBridge.DELETE("/api/v1/ci/templates/{template_id}", { params: { path: { template_id: id } } }),
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
      New template…
    </Button>
  ) : null;
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Event templates</h1>
        <span className="muted">the values that a workflow receives</span>
        <span className="grow" />
        {itemsOf(pages).length > 0 ? newButton : null}
      </div>
      <ResourceTable
        label="templates"
        pages={pages}
        columns={COLUMNS}
        keyOf={(item) => item.id}
        nameOf={(item) => item.name}
        actions={
          rights.edit
            ? (template) => [
                { name: "Edit…", run: () => setDialog({ kind: "form", template }) },
                { name: "Delete…", run: () => setDialog({ kind: "delete", template }) },
              ]
            : undefined
        }
        empty={
          <CiEmpty title="No event template yet" reached={2} action={newButton}>
            A template says which values of the matching line a workflow receives, with a name and a type for
            each. Without a template, a rule sends the service, severity, count and a link to the line.
            {rights.edit ? "" : " A member of the project can create one."}
          </CiEmpty>
        }
      />
      <PageFooter keys={rights.edit ? [["N", "new template"]] : []}>
        <span>
          <b>{itemsOf(pages).length}</b> templates
        </span>
      </PageFooter>
      {dialog?.kind === "form" ? (
        <TemplateDrawer project={project} template={dialog.template} onSaved={refresh} onClose={close} />
      ) : null}
      <Confirm
        opened={dialog?.kind === "delete"}
        title={`Delete the template ${dialog?.kind === "delete" ? dialog.template.name : ""}?`}
        action="Delete template"
        busy={remove.isPending}
        error={remove.error}
        onClose={close}
        onConfirm={() => dialog?.kind === "delete" && remove.mutate(dialog.template.id)}
      >
        Earlier dispatches keep what they sent. A template that a rule uses cannot be deleted.
      </Confirm>
    </div>
  );
}
