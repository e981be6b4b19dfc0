import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { NotAllowed } from "@/components/page/not-allowed";
import { ProblemNotice } from "@/components/page/notice";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import { ResourceTable } from "@/components/records/resource-table";
import { SecretOnce } from "@/components/records/secret-once";
import { useUndo } from "@/components/records/undo";
import { useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { useSession } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { useUserColumns } from "./user-columns";
import { UserDrawer } from "./user-drawer";
import {
  deleteUser,
  resetPassword,
  resetTwoFactor,
  type User,
  updateUser,
  userPagesOptions,
} from "./user-queries";

type Dialog =
  | { kind: "form"; user: User | null }
  | { kind: "delete" | "reset" | "disable" | "two-factor"; user: User }
  | { kind: "password"; email: string; password: string }
  | null;

/** All users of the installation, for administrators. */
export function UsersPage() {
  const session = useSession();
  usePageTitle("Users");
  if (session?.is_admin) return <Users />;
  return <NotAllowed>Administrators of the installation see and change its users.</NotAllowed>;
}

function Users() {
  const queryClient = useQueryClient();
  const session = useSession();
  const pages = useInfiniteQuery(userPagesOptions());
  const [dialog, setDialog] = useState<Dialog>(null);
  const undo = useUndo();
  useApiRequests([{ name: "Users", method: "GET", path: "/api/v1/users", operation: "user_list" }]);
  const create = () => setDialog({ kind: "form", user: null });
  useCommands([{ id: "user-new", label: "New user", group: "Users", keys: ["n"], run: create }]);
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["users"] });
  const close = () => setDialog(null);

  const disable = useMutation({
    mutationFn: async ({ user, disabled }: { user: User; disabled: boolean }) =>
      updateUser(user.id, { disabled }),
    onSuccess: async (_, { user, disabled }) => {
      close();
      await refresh();
      undo.report(`${user.email} is ${disabled ? "disabled and signed out" : "enabled"}.`, async () => {
        await updateUser(user.id, { disabled: !disabled });
        await refresh();
      });
    },
  });
  const reset = useMutation({
    mutationFn: async (user: User) => resetPassword(user.id),
    onSuccess: async (password, user) => {
      setDialog({ kind: "password", email: user.email, password });
      await refresh();
    },
  });
  const resetFactor = useMutation({
    mutationFn: async (user: User) => resetTwoFactor(user.id),
    onSuccess: async () => {
      close();
      await refresh();
    },
  });
  const remove = useMutation({
    mutationFn: async (user: User) => deleteUser(user.id),
    onSuccess: async () => {
      close();
      await refresh();
    },
  });
  const handleSaved = async ({ id, email, name, role, projects }: User) => {
    await refresh();
    undo.report(`${email} is changed.`, async () => {
      await updateUser(id, { email, name, role, projects });
      await refresh();
    });
  };
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Users</h1>
        <span className="grow" />
        <Button variant="filled" leftSection={<IconPlus size={14} aria-hidden />} onClick={create}>
          New user
        </Button>
      </div>
      {undo.notice}
      {disable.error && dialog === null ? <ProblemNotice error={disable.error} /> : null}
      <ResourceTable
        label="users"
        pages={pages}
        columns={useUserColumns()}
        keyOf={(user) => user.id}
        nameOf={(user) => user.email}
        actions={(user) => [
          { name: "Change…", run: () => setDialog({ kind: "form", user }) },
          ...(user.has_password
            ? [{ name: "Reset password…", run: () => setDialog({ kind: "reset", user }) }]
            : []),
          ...(user.has_two_factor
            ? [{ name: "Reset two-factor sign-in…", run: () => setDialog({ kind: "two-factor", user }) }]
            : []),
          ...(user.id === session?.id
            ? []
            : [
                user.disabled
                  ? { name: "Enable", run: () => disable.mutate({ user, disabled: false }) }
                  : { name: "Disable…", run: () => setDialog({ kind: "disable", user }) },
                { name: "Delete…", run: () => setDialog({ kind: "delete", user }) },
              ]),
        ]}
        empty={<p>There are no users.</p>}
      />
      {dialog?.kind === "form" ? (
        <UserDrawer
          user={dialog.user}
          onClose={() => setDialog((current) => (current?.kind === "form" ? null : current))}
          onSaved={handleSaved}
          onCreated={async ({ email }, password) => {
            await refresh();
            setDialog({ kind: "password", email, password });
          }}
        />
      ) : null}
      <Confirm
        opened={dialog?.kind === "delete"}
        title={`Delete ${dialog?.kind === "delete" ? dialog.user.email : ""}?`}
        action="Delete user"
        busy={remove.isPending}
        error={remove.error}
        {...(dialog?.kind === "delete" ? { typeToConfirm: dialog.user.email } : {})}
        onClose={close}
        onConfirm={() => dialog?.kind === "delete" && remove.mutate(dialog.user)}
      >
        All sessions of the user end. The user cannot be brought back; the audit trail keeps what was done.
      </Confirm>
      <Confirm
        opened={dialog?.kind === "disable"}
        title={`Disable ${dialog?.kind === "disable" ? dialog.user.email : ""}?`}
        action="Disable user"
        busy={disable.isPending}
        error={disable.error}
        onClose={close}
        onConfirm={() => dialog?.kind === "disable" && disable.mutate({ user: dialog.user, disabled: true })}
      >
        The user is signed out everywhere and cannot sign in until somebody enables the account again.
      </Confirm>
      <Confirm
        opened={dialog?.kind === "reset"}
        title={`Reset the password of ${dialog?.kind === "reset" ? dialog.user.email : ""}?`}
        action="Reset password"
        busy={reset.isPending}
        error={reset.error}
        onClose={close}
        onConfirm={() => dialog?.kind === "reset" && reset.mutate(dialog.user)}
      >
        The old password stops working and all sessions of the user end. You get a one-time password.
      </Confirm>
      <Confirm
        opened={dialog?.kind === "two-factor"}
        title={`Reset two-factor sign-in of ${dialog?.kind === "two-factor" ? dialog.user.email : ""}?`}
        action="Reset two-factor sign-in"
        busy={resetFactor.isPending}
        error={resetFactor.error}
        onClose={close}
        onConfirm={() => dialog?.kind === "two-factor" && resetFactor.mutate(dialog.user)}
      >
        The password alone signs the user in until a new second factor is set up. All sessions of the user
        end.
      </Confirm>
      {dialog?.kind === "password" ? (
        <SecretOnce
          title={`One-time password of ${dialog.email}`}
          label="One-time password"
          secret={dialog.password}
          onClose={close}
        >
          It is shown only now. It must be changed at the first sign-in.
        </SecretOnce>
      ) : null}
      <PageFooter keys={[["N", "new user"]]}>
        <span>
          <b>{counted(itemsOf(pages).length, "user")}</b>
        </span>
      </PageFooter>
    </div>
  );
}
