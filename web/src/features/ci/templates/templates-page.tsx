import { useInfiniteQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { Column } from "@/components/records/resource-table";
import { pathWith } from "@/lib/api/api-requests";
import { ciBridge } from "@/lib/api/client";
import { formatAge } from "@/lib/time/time";
import { type Template, templatePagesOptions } from "../ci-queries";
import { RecordListPage } from "../record-list-page";
import { TemplateDrawer } from "./template-drawer";

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
  const pages = useInfiniteQuery(templatePagesOptions(project));
  return (
    <RecordListPage
      project={project}
      title="Event templates"
      intro="the values that a workflow receives"
      noun="template"
      pages={pages}
      columns={COLUMNS}
      request={{
        name: "Templates",
        method: "GET",
        path: pathWith("/api/v1/ci/templates", { project_id: project }),
        operation: "template_list",
      }}
      empty={{
        title: "No event template yet",
        reached: 2,
        text: "A template says which values of the matching line a workflow receives, with a name and a type for each. Without a template, a rule sends the service, severity, count and a link to the line.",
      }}
      form={({ item, ...form }) => <TemplateDrawer project={project} template={item} {...form} />}
      remove={(id) =>
        ciBridge.DELETE("/api/v1/ci/templates/{template_id}", { params: { path: { template_id: id } } })
      }
      removal="Earlier dispatches keep what they sent. A template that a rule uses cannot be deleted."
    />
  );
}
