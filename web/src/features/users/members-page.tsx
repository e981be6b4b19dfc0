import { Autocomplete, Button, Select } from "@mantine/core";
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
import { addMember, type Member, memberPagesOptions, removeMember, setRole } from "./member-queries";
import { ROLES, type Role, userPagesOptions } from "./user-queries";
import classes from "./users.module.css";

const MEANINGS: Record<Role, string> = {
  viewer: "read",
  member: "read and write",
  admin: "also manage keys, settings and members",
};

type Change = { text: string; make: () => Promise<unknown>; undo: () => Promise<unknown> };

/** Who has which role in a project. */
export function MembersPage() {
  const { project } = useParams({ from: "/signed-in/projects/$project/settings/members" });
  const rights = useRights(project);
  usePageTitle(`Members of ${project}`);
  if (!rights.administer) {
    return <NotAllowed>Administrators of the project see and change its members.</NotAllowed>;
  }
  return <Members project={project} />;
}

function Members({ project }: { project: string }) {
  const queryClient = useQueryClient();
  const pages = useInfiniteQuery(memberPagesOptions(project));
  const undo = useUndo();
  useApiRequests([
    {
      name: "Members",
      method: "GET",
      path: `/api/v1/projects/${project}/members`,
      operation: "member_list",
    },
  ]);
  const refresh = async () => {
    await queryClient.invalidateQueries({ queryKey: ["members", project] });
    await queryClient.invalidateQueries({ queryKey: ["users"] });
  };
  const change = useMutation({
    mutationFn: async ({ make }: Change) => make(),
    onSuccess: async (_, { text, undo: back }) => {
      await refresh();
      undo.report(text, async () => {
        await back();
        await refresh();
      });
    },
  });
  const add = async (email: string, role: Role) => {
    const added = await addMember(project, email, role);
    await refresh();
    undo.report(`${added.email} is now ${role}.`, async () => {
      await removeMember(project, added);
      await refresh();
    });
  };
  const members = itemsOf(pages);
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Members</h1>
        <span className="muted">
          A viewer reads, a member also writes, an admin also manages keys, settings and members.
        </span>
      </div>
      {undo.notice}
      {change.error ? <ProblemNotice error={change.error} title="Nothing is changed." /> : null}
      <AddMember project={project} members={members} onAdd={add} />
      <ResourceTable
        label="members"
        pages={pages}
        keyOf={(member) => member.user_id}
        nameOf={(member) => member.email}
        columns={[
          { name: "E-mail", cell: (member) => <span className="strong">{member.email}</span> },
          { name: "Name", cell: (member) => member.name, wide: true },
          {
            name: "Role",
            cell: (member) =>
              member.is_admin ? (
                <span className="soft">administrator of the installation</span>
              ) : (
                <Select
                  aria-label={`Role of ${member.email}`}
                  w={120}
                  size="xs"
                  data={[...ROLES]}
                  value={member.role}
                  disabled={change.isPending}
                  onChange={(value) => {
                    const role = ROLES.find((item) => item === value);
                    if (!role || role === member.role) return;
                    change.mutate({
                      text: `${member.email} is now ${role}.`,
                      make: () => setRole(project, member, role),
                      undo: () => setRole(project, member, member.role),
                    });
                  }}
                />
              ),
          },
          {
            name: "May",
            cell: (member) => (
              <span className="muted">{member.is_admin ? "do everything" : MEANINGS[member.role]}</span>
            ),
            wide: true,
          },
          {
            name: "State",
            cell: (member) => (member.disabled ? <span className="caution">▲ disabled</span> : ""),
            wide: true,
          },
        ]}
        actions={(member) =>
          member.is_admin
            ? []
            : [
                {
                  name: "Remove from the project",
                  run: () =>
                    change.mutate({
                      text: `${member.email} is no longer a member.`,
                      make: () => removeMember(project, member),
                      undo: () => addMember(project, member.email, member.role),
                    }),
                },
              ]
        }
        empty={<p>Nobody is a member yet.</p>}
      />
      <PageFooter>
        <span>
          <b>{counted(members.length, "member")}</b> · a lower role ends the sessions of the user
        </span>
      </PageFooter>
    </div>
  );
}

function AddMember({
  project,
  members,
  onAdd,
}: {
  project: string;
  members: readonly Member[];
  onAdd: (email: string, role: Role) => Promise<void>;
}) {
  const [email, setEmail] = useState("");
  const [role, setNewRole] = useState<Role>("member");
  const rights = useRights(project);
  // Only administrators of the installation may list users. Others type the address.
  const users = itemsOf(useInfiniteQuery({ ...userPagesOptions(), enabled: rights.installation }));
  const known = new Set(members.map((member) => member.email));
  const add = useMutation({
    mutationFn: async () => onAdd(email.trim(), role),
    onSuccess: () => setEmail(""),
  });
  return (
    <form
      className={classes.add}
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <Autocomplete
        label="Add a user"
        placeholder="ada@example.org"
        type="email"
        required
        withAsterisk={false}
        w={280}
        data={users.map((user) => user.email).filter((address) => !known.has(address))}
        value={email}
        onChange={setEmail}
        error={add.error?.message}
      />
      <Select
        label="Role"
        w={120}
        data={[...ROLES]}
        value={role}
        onChange={(value) => setNewRole(ROLES.find((item) => item === value) ?? role)}
      />
      <Button type="submit" loading={add.isPending}>
        Add
      </Button>
    </form>
  );
}
