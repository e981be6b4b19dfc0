import type { Column } from "@/components/records/resource-table";
import { formatMoment, useZone } from "@/lib/time/time";
import type { User } from "./user-queries";

/** The columns of the table of users. */
export function useUserColumns(): Column<User>[] {
  const [zone] = useZone();
  return [
    { name: "E-mail", cell: (user) => <span className="strong">{user.email}</span> },
    { name: "Name", cell: (user) => user.name, wide: true },
    { name: "Kind", cell: (user) => (user.role === "admin" ? "administrator" : "user") },
    {
      name: "Projects",
      cell: (user) => (
        <span className="soft">
          {user.role === "admin"
            ? "all"
            : user.projects.map(({ project_id: project, role }) => `${project} (${role})`).join(", ")}
        </span>
      ),
      wide: true,
    },
    {
      name: "State",
      cell: (user) =>
        user.disabled ? (
          <span className="caution">▲ disabled</span>
        ) : user.must_change_password ? (
          <span className="muted">has a one-time password</span>
        ) : (
          <span className="ok">✓ active</span>
        ),
    },
    {
      name: "Signs in with",
      cell: (user) =>
        !user.has_password ? "the identity provider" : user.has_two_factor ? "password and code" : "password",
      wide: true,
    },
    {
      name: "Created",
      cell: (user) => <span className="muted">{formatMoment(new Date(user.created_at), zone)}</span>,
      wide: true,
    },
  ];
}
