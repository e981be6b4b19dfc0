import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ProblemNotice } from "@/components/notice";
import { PageFooter } from "@/components/page-footer";
import { content, query } from "@/lib/api/client";
import { sessionOptions, useSession } from "@/lib/session";

/** The projects of the user; administrators create new ones here. */
export function ProjectsPage() {
  const session = useSession();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: async () => content(await query.POST("/api/v1/projects", { body: { id: name, name } })),
    onSuccess: async (project) => {
      await queryClient.invalidateQueries({ queryKey: sessionOptions.queryKey });
      await navigate({ to: "/projects/$project/logs", params: { project: project.id } });
    },
  });
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <>
      <div style={{ flex: 1, overflow: "auto", padding: 24 }}>
        <h1>Projects</h1>
        <table style={{ marginTop: 12, maxWidth: 720 }}>
          <thead>
            <tr>
              <th>Project</th>
              <th>Id</th>
              <th>Your role</th>
            </tr>
          </thead>
          <tbody>
            {session?.projects.map((project) => (
              <tr key={project.project_id}>
                <td>
                  <Link to="/projects/$project/logs" params={{ project: project.project_id }}>
                    {project.name}
                  </Link>
                </td>
                <td className="mono">{project.project_id}</td>
                <td>{project.role}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {session?.is_admin ? (
          <form onSubmit={handleSubmit} className="row" style={{ marginTop: 16, alignItems: "flex-end" }}>
            <TextInput
              label="New project"
              placeholder="shop"
              required
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit" variant="filled" loading={create.isPending}>
              Create project
            </Button>
          </form>
        ) : null}
        {create.error ? <ProblemNotice error={create.error} /> : null}
      </div>
      <PageFooter />
    </>
  );
}
