import { Button, TextInput } from "@mantine/core";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { useUndo } from "@/components/records/undo";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { fieldTerm } from "@/lib/text/filter-text";
import { formatAge, formatCount, formatMoment, useZone } from "@/lib/time/time";
import { ServiceDrawer } from "./service-drawer";
import {
  createService,
  deleteService,
  type Service,
  servicePagesOptions,
  updateService,
} from "./service-queries";

const ROUTE = "/signed-in/projects/$project/services";
type Dialog = { kind: "form"; service: Service | null } | { kind: "delete"; service: Service } | null;

/** The programs that write logs into a project. */
export function ServicesPage() {
  const { project } = useParams({ from: ROUTE });
  const { name = "" } = useSearch({ from: ROUTE });
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const rights = useRights(project);
  const pages = useInfiniteQuery(servicePagesOptions(project));
  const [dialog, setDialog] = useState<Dialog>(null);
  const undo = useUndo();
  usePageTitle(`Services of ${project}`);
  useApiRequests([
    {
      name: "Services",
      method: "GET",
      path: pathWith("/api/v1/services", { project_id: project, with_counts: "true" }),
      operation: "service_list",
    },
  ]);
  const create = () => setDialog({ kind: "form", service: null });
  useCommands(
    rights.edit
      ? [{ id: "service-new", label: "New service", group: "Services", keys: ["n"], run: create }]
      : [],
  );
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["services", project] });
  const remove = useMutation({
    mutationFn: async (service: Service) => deleteService(project, service.id),
    onSuccess: async (_, { id, ...service }) => {
      setDialog(null);
      await refresh();
      undo.report(`Service ${id} is deleted. Its logs stay.`, async () => {
        const { name: title, description, repository, labels } = service;
        await createService({ project_id: project, id, name: title, description, repository, labels });
        await refresh();
      });
    },
  });
  const handleSaved = async (before: Service | null, saved: Service) => {
    await refresh();
    if (!before) return undo.report(`Service ${saved.id} is created.`);
    const { name: title, description, repository, labels } = before;
    undo.report(`Service ${saved.id} is changed.`, async () => {
      await updateService(project, saved.id, { name: title, description, repository, labels });
      await refresh();
    });
  };
  const wanted = name.trim().toLowerCase();
  const matches = ({ id, name: title }: Service) => `${id}\n${title}`.toLowerCase().includes(wanted);
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Services</h1>
        <TextInput
          aria-label="Find a service"
          placeholder="Name or id"
          leftSection={<IconSearch size={14} aria-hidden />}
          w={240}
          value={name}
          onChange={(event) =>
            void navigate({
              to: "/projects/$project/services",
              params: { project },
              search: { name: event.currentTarget.value || undefined },
              replace: true,
            })
          }
        />
        <span className="grow" />
        {rights.edit ? (
          <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={create}>
            New service
          </Button>
        ) : null}
      </div>
      {undo.notice}
      <ResourceTable
        label="services"
        pages={pages}
        columns={useColumns(project)}
        keyOf={(service) => service.id}
        nameOf={(service) => service.id}
        filter={wanted ? matches : undefined}
        actions={
          rights.edit
            ? (service) => [
                { name: "Change…", run: () => setDialog({ kind: "form", service }) },
                { name: "Delete…", run: () => setDialog({ kind: "delete", service }) },
              ]
            : undefined
        }
        empty={
          <>
            <p>The first log of a service registers it. You may also describe it before.</p>
            {rights.edit ? <Button onClick={create}>New service</Button> : null}
          </>
        }
      />
      {dialog?.kind === "form" ? (
        <ServiceDrawer
          project={project}
          service={dialog.service}
          onClose={() => setDialog(null)}
          onSaved={(saved) => handleSaved(dialog.service, saved)}
        />
      ) : null}
      <Confirm
        opened={dialog?.kind === "delete"}
        title={`Delete service ${dialog?.kind === "delete" ? dialog.service.id : ""}?`}
        action="Delete service"
        busy={remove.isPending}
        error={remove.error}
        onClose={() => setDialog(null)}
        onConfirm={() => dialog?.kind === "delete" && remove.mutate(dialog.service)}
      >
        Its logs stay, and its next log registers it again.
      </Confirm>
      <PageFooter keys={rights.edit ? [["N", "new service"]] : []}>
        <span>
          <b>{counted(itemsOf(pages).length, "service")}</b>
        </span>
        <span>counts of the last 24 hours</span>
      </PageFooter>
    </div>
  );
}

function useColumns(project: string): Column<Service>[] {
  const [zone] = useZone();
  const logsOf = (service: Service, onlyErrors: boolean) => ({
    to: "/projects/$project/logs" as const,
    params: { project },
    search: {
      q: `${fieldTerm("service_id", service.id)}${onlyErrors ? " severity:error" : ""}`,
      range: "24h",
    },
  });
  return [
    {
      name: "Service",
      cell: (service) => (
        <Link className="strong mono" {...logsOf(service, false)} title={`Logs of ${service.id}`}>
          {service.id}
        </Link>
      ),
    },
    {
      name: "Name",
      cell: (service) => (service.name === service.id ? "" : service.name),
      wide: true,
    },
    {
      name: "Lines",
      numeric: true,
      cell: ({ last_24h: counts }) => (counts ? formatCount(counts.logs) : <span className="muted">–</span>),
    },
    {
      name: "Errors",
      numeric: true,
      cell: (service) =>
        service.last_24h ? (
          service.last_24h.errors > 0 ? (
            <Link className="bad strong" {...logsOf(service, true)}>
              {formatCount(service.last_24h.errors)}
            </Link>
          ) : (
            "0"
          )
        ) : (
          <span className="muted">–</span>
        ),
    },
    {
      name: "Last log",
      cell: ({ last_seen_at: at }) =>
        at ? <span title={formatMoment(new Date(at), zone)}>{formatAge(new Date(at))}</span> : "never",
    },
    { name: "Repository", cell: (service) => <span className="mono">{service.repository}</span>, wide: true },
    {
      name: "Labels",
      cell: (service) => (
        <span className="soft">
          {Object.entries(service.labels)
            .map(([label, value]) => `${label}: ${value}`)
            .join(", ")}
        </span>
      ),
      wide: true,
    },
    {
      name: "Description",
      cell: (service) => <span className="soft">{service.description}</span>,
      wide: true,
    },
  ];
}
