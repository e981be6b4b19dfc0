import { Button, Select } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { NotAllowed } from "@/components/page/not-allowed";
import { ProblemNotice } from "@/components/page/notice";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { ResourceTable } from "@/components/records/resource-table";
import { useUndo } from "@/components/records/undo";
import { useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { useRights } from "@/lib/api/session";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { ROLES, type Role, roleIn, setRole, type User, userPagesOptions } from "./user-queries";
import classes from "./users.module.css";

const MEANINGS: Record<Role, string> = {
  viewer: "read",
  member: "read and write",
  admin: "also manage keys and settings",
};

/** Who has which role in a project. */
export function MembersPage() {
  const { project } = useParams({ from: "/signed-in/projects/$project/settings/members" });
  const rights = useRights(project);
  usePageTitle(`Members of ${project}`);
  if (!rights.installation) {
    return (
      <NotAllowed>Administrators of the installation see and change the members of projects.</NotAllowed>
    );
  }
  return <Members project={project} />;
}

function Members({ project }: { project: string }) {
  const queryClient = useQueryClient();
  const pages = useInfiniteQuery(userPagesOptions());
  const undo = useUndo();
  useApiRequests([{ name: "Users", method: "GET", path: "/api/v1/users", operation: "user_list" }]);
  const change = useMutation({
    mutationFn: async ({ user, role }: { user: User; role: Role | null }) => setRole(user.id, project, role),
    onSuccess: async (_, { user, role }) => {
      await queryClient.invalidateQueries({ queryKey: ["users"] });
      const before = roleIn(user, project);
      undo.report(
        role ? `${user.email} is now ${role}.` : `${user.email} is no longer a member.`,
        async () => {
          await setRole(user.id, project, before);
          await queryClient.invalidateQueries({ queryKey: ["users"] });
        },
      );
    },
  });
  const users = itemsOf(pages);
  const isMember = (user: User) => user.role === "admin" || roleIn(user, project) !== null;
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Members</h1>
        <span className="muted">
          A viewer reads, a member also writes, an admin also manages keys and settings.
        </span>
      </div>
      {undo.notice}
      {change.error ? <ProblemNotice error={change.error} title="Nothing is changed." /> : null}
      <AddMember
        users={users.filter((user) => !isMember(user))}
        busy={change.isPending}
        onAdd={(user, role) => change.mutate({ user, role })}
      />
      <ResourceTable
        label="members"
        pages={pages}
        filter={isMember}
        keyOf={(user) => user.id}
        nameOf={(user) => user.email}
        columns={[
          { name: "E-mail", cell: (user) => <span className="strong">{user.email}</span> },
          { name: "Name", cell: (user) => user.name, wide: true },
          {
            name: "Role",
            cell: (user) =>
              user.role === "admin" ? (
                <span className="soft">administrator of the installation</span>
              ) : (
                <Select
                  aria-label={`Role of ${user.email}`}
                  w={120}
                  size="xs"
                  data={[...ROLES]}
                  value={roleIn(user, project)}
                  disabled={change.isPending}
                  onChange={(value) => {
                    const role = ROLES.find((item) => item === value);
                    if (role && role !== roleIn(user, project)) change.mutate({ user, role });
                  }}
                />
              ),
          },
          {
            name: "May",
            cell: (user) => (
              <span className="muted">
                {user.role === "admin" ? "do everything" : MEANINGS[roleIn(user, project) ?? "viewer"]}
              </span>
            ),
            wide: true,
          },
          {
            name: "State",
            cell: (user) => (user.disabled ? <span className="caution">▲ disabled</span> : ""),
            wide: true,
          },
        ]}
        actions={(user) =>
          user.role === "admin"
            ? []
            : [{ name: "Remove from the project", run: () => change.mutate({ user, role: null }) }]
        }
        empty={<p>Nobody is a member yet.</p>}
      />
      <PageFooter>
        <span>
          <b>{counted(users.filter(isMember).length, "member")}</b> · a new role ends the sessions of the user
        </span>
      </PageFooter>
    </div>
  );
}

function AddMember({
  users,
  busy,
  onAdd,
}: {
  users: readonly User[];
  busy: boolean;
  onAdd: (user: User, role: Role) => void;
}) {
  const [id, setId] = useState<string | null>(null);
  const [role, setNewRole] = useState<Role>("member");
  const user = users.find((item) => item.id === id);
  if (users.length === 0) return null;
  return (
    <form
      className={classes.add}
      onSubmit={(event) => {
        event.preventDefault();
        if (!user) return;
        onAdd(user, role);
        setId(null);
      }}
    >
      <Select
        label="Add a user"
        placeholder="ada@example.org"
        searchable
        w={280}
        data={users.map((item) => ({ value: item.id, label: item.email }))}
        value={user ? id : null}
        onChange={setId}
      />
      <Select
        label="Role"
        w={120}
        data={[...ROLES]}
        value={role}
        onChange={(value) => setNewRole(ROLES.find((item) => item === value) ?? role)}
      />
      <Button type="submit" loading={busy} disabled={!user}>
        Add
      </Button>
    </form>
  );
}
