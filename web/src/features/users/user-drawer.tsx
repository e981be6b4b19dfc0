import { Select, TextInput } from "@mantine/core";
import { RecordDrawer } from "@/components/records/record-drawer";
import { useSession } from "@/lib/api/session";
import { createUser, membershipTexts, ROLES, readMemberships, type User, updateUser } from "./user-queries";
import classes from "./users.module.css";

const KINDS = [
  { value: "member", label: "User: may do what the projects allow" },
  { value: "admin", label: "Administrator: may do everything" },
];

/** Creates a user, or changes one. */
export function UserDrawer({
  user,
  onCreated,
  onSaved,
  onClose,
}: {
  user: User | null;
  onCreated: (user: User, oneTimePassword: string) => Promise<void>;
  onSaved: (before: User) => Promise<void>;
  onClose: () => void;
}) {
  const initial = {
    email: user?.email ?? "",
    name: user?.name ?? "",
    role: user?.role === "admin" ? "admin" : "member",
    projects: membershipTexts(user?.projects ?? []),
  };
  const save = async (values: typeof initial) => {
    const body = {
      email: values.email,
      name: values.name,
      role: values.role === "admin" ? ("admin" as const) : ("member" as const),
      projects: readMemberships(values.projects),
    };
    if (!user) {
      const created = await createUser(body);
      return onCreated(created, created.one_time_password ?? "");
    }
    const { role, ...others } = body;
    await updateUser(user.id, role === initial.role ? others : body);
    return onSaved(user);
  };
  return (
    <RecordDrawer
      title={user ? user.email : "New user"}
      action={user ? "Save" : "Create user"}
      draftId={`user:${user?.id ?? ""}`}
      initial={initial}
      save={save}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextInput
            label="E-mail"
            type="email"
            placeholder="ada@example.org"
            required
            data-autofocus
            {...form.text("email")}
          />
          <TextInput label="Name" placeholder="Ada Lovelace" required {...form.text("name")} />
          <Select label="Kind" data={KINDS} {...form.choice("role")} />
          {form.values.role === "admin" ? null : (
            <Memberships
              value={form.values.projects}
              error={form.errorOf("projects")}
              onChange={(projects) => form.set("projects", projects)}
            />
          )}
          {user ? (
            <p className="muted small">A new kind or role ends all sessions of the user.</p>
          ) : (
            <p className="muted small">
              The user gets a one-time password, which must be changed at the first sign-in.
            </p>
          )}
        </>
      )}
    </RecordDrawer>
  );
}

function Memberships({
  value,
  error,
  onChange,
}: {
  value: string[];
  error: string | undefined;
  onChange: (texts: string[]) => void;
}) {
  const session = useSession();
  const memberships = readMemberships(value);
  const change = (project: string, role: string | null) => {
    const others = memberships.filter((item) => item.project_id !== project);
    onChange([...membershipTexts(others), ...(role && role !== "none" ? [`${project}=${role}`] : [])]);
  };
  return (
    <fieldset className={classes.memberships}>
      <legend>Roles in projects</legend>
      {error ? <p className="bad">{error}</p> : null}
      {session?.projects.map(({ project_id: project, name }) => (
        <div key={project} className="row">
          <span className="grow clip">{name}</span>
          <Select
            aria-label={`Role in ${name}`}
            w={120}
            data={["none", ...ROLES]}
            value={memberships.find((item) => item.project_id === project)?.role ?? "none"}
            onChange={(role) => change(project, role)}
          />
        </div>
      ))}
    </fieldset>
  );
}
