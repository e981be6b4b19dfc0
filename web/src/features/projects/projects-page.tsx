import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import { type Column, ResourceTable, type RowAction } from "@/components/records/resource-table";
import { useUndo } from "@/components/records/undo";
import { useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { useSession } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { formatMoment, useZone } from "@/lib/time/time";
import { CreateProject, EditProject } from "./project-drawers";
import {
  deleteProject,
  type Project,
  projectPagesOptions,
  refreshProjects,
  updateProject,
} from "./project-queries";

type Dialog = { kind: "create" } | { kind: "edit" | "delete"; project: Project } | null;

/** The projects of the user. Administrators create and delete them here. */
export function ProjectsPage() {
  const session = useSession();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const pages = useInfiniteQuery(projectPagesOptions());
  const [dialog, setDialog] = useState<Dialog>(null);
  const undo = useUndo();
  const isAdmin = session?.is_admin ?? false;
  const roleIn = (id: string) => session?.projects.find((item) => item.project_id === id)?.role;
  const administers = (id: string) => isAdmin || roleIn(id) === "admin";
  usePageTitle("Projects");
  useApiRequests([{ name: "Projects", method: "GET", path: "/api/v1/projects", operation: "project_list" }]);
  const create = () => setDialog({ kind: "create" });
  useCommands(
    isAdmin ? [{ id: "project-new", label: "New project", group: "Projects", keys: ["n"], run: create }] : [],
  );
  const remove = useMutation({
    mutationFn: deleteProject,
    onSuccess: async () => {
      setDialog(null);
      await refreshProjects(queryClient);
    },
  });
  const rename = async (id: string, fields: Pick<Project, "name" | "description">) => {
    await updateProject(id, fields);
    await refreshProjects(queryClient);
  };
  const actionsOf = (project: Project): RowAction[] => {
    if (project.state === "deleting" || !administers(project.id)) return [];
    const goTo = (page: "retention" | "api-keys") =>
      void navigate({ to: `/projects/$project/settings/${page}`, params: { project: project.id } });
    return [
      { name: "Rename…", run: () => setDialog({ kind: "edit", project }) },
      { name: "Retention", run: () => goTo("retention") },
      { name: "API keys", run: () => goTo("api-keys") },
      ...(isAdmin ? [{ name: "Delete…", run: () => setDialog({ kind: "delete", project }) }] : []),
    ];
  };
  const close = () => setDialog(null);
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Projects</h1>
        <span className="muted">Each project keeps its data apart from the others.</span>
        <span className="grow" />
        {isAdmin ? (
          <Button variant="filled" leftSection={<IconPlus size={14} aria-hidden />} onClick={create}>
            New project
          </Button>
        ) : null}
      </div>
      {undo.notice}
      <ResourceTable
        label="projects"
        pages={pages}
        columns={useColumns(roleIn)}
        keyOf={(project) => project.id}
        nameOf={(project) => project.name}
        actions={(session?.projects.some((item) => item.role === "admin") ?? isAdmin) ? actionsOf : undefined}
        empty={
          isAdmin ? (
            <>
              <p>A project keeps the logs of one team or product. There is none yet.</p>
              <Button variant="filled" onClick={create}>
                Create the first project
              </Button>
            </>
          ) : (
            <p>You are in no project yet. An administrator can add you to one.</p>
          )
        }
      />
      {dialog?.kind === "create" ? (
        <CreateProject
          onClose={close}
          onCreated={async (project) => {
            await refreshProjects(queryClient);
            await navigate({ to: "/projects/$project/logs", params: { project: project.id } });
          }}
        />
      ) : null}
      {dialog?.kind === "edit" ? (
        <EditProject
          project={dialog.project}
          onClose={close}
          onSaved={async ({ id, name, description }) => {
            await refreshProjects(queryClient);
            undo.report(`Project ${id} is changed.`, () => rename(id, { name, description }));
          }}
        />
      ) : null}
      <Confirm
        opened={dialog?.kind === "delete"}
        title={`Delete project ${dialog?.kind === "delete" ? dialog.project.name : ""}?`}
        action="Delete project"
        busy={remove.isPending}
        error={remove.error}
        {...(dialog?.kind === "delete" ? { typeToConfirm: dialog.project.id } : {})}
        onClose={close}
        onConfirm={() => dialog?.kind === "delete" && remove.mutate(dialog.project.id)}
      >
        Its logs, services, tests, metrics, analyses, rules and API keys are deleted. They cannot be brought
        back.
      </Confirm>
      <PageFooter keys={isAdmin ? [["N", "new project"]] : []}>
        <span>
          <b>{counted(itemsOf(pages).length, "project")}</b>
        </span>
      </PageFooter>
    </div>
  );
}

function useColumns(roleIn: (id: string) => string | undefined): Column<Project>[] {
  const [zone] = useZone();
  return [
    {
      name: "Project",
      cell: (project) =>
        project.state === "deleting" ? (
          <span className="muted">{project.name}</span>
        ) : (
          <Link className="strong" to="/projects/$project/logs" params={{ project: project.id }}>
            {project.name}
          </Link>
        ),
    },
    { name: "Id", cell: (project) => <span className="mono">{project.id}</span>, wide: true },
    {
      name: "Description",
      cell: (project) => <span className="soft">{project.description}</span>,
      wide: true,
    },
    { name: "Logs are kept", cell: (project) => `${project.retention_days} days`, numeric: true },
    {
      name: "Your role",
      cell: (project) =>
        project.state === "deleting" ? (
          <span className="caution">is being deleted</span>
        ) : (
          (roleIn(project.id) ?? "admin")
        ),
    },
    {
      name: "Created",
      cell: (project) => <span className="muted">{formatMoment(new Date(project.created_at), zone)}</span>,
      wide: true,
    },
  ];
}
