import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { content, query } from "@/lib/api/client";
import { sessionOptions, useSession } from "@/lib/api/session";
import classes from "./account.module.css";
import { localTarget } from "./sign-in-page";

/** Changes the user's own password; the one-time password of the first start must be changed here. */
export function PasswordPage() {
  const { next } = useSearch({ from: "/signed-in/account/password" });
  const session = useSession();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [oldPassword, setOldPassword] = useState("");
  const [newPassword, setNewPassword] = useState("");
  const [repeated, setRepeated] = useState("");
  useEffect(() => {
    document.title = "Password · Logloop";
  }, []);
  const change = useMutation({
    mutationFn: async () =>
      content(
        await query.PUT("/api/v1/session/password", {
          body: { old_password: oldPassword, new_password: newPassword },
        }),
      ),
    onSuccess: async (changed) => {
      queryClient.setQueryData(sessionOptions.queryKey, changed);
      await navigate({ href: localTarget(next) });
    },
  });
  const differs = repeated !== "" && repeated !== newPassword;
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (repeated === newPassword) change.mutate();
  };
  return (
    <div className={classes.page}>
      <form className={classes.card} onSubmit={handleSubmit}>
        <h1>{session?.must_change_password ? "Choose your own password" : "Change password"}</h1>
        {session?.must_change_password ? (
          <p className="soft">The one-time password works only for this step.</p>
        ) : (
          <p className="soft">Your sessions on all other devices end.</p>
        )}
        {change.error ? <ProblemNotice error={change.error} /> : null}
        <PasswordInput
          label="Old password"
          autoComplete="current-password"
          required
          mt={12}
          value={oldPassword}
          onChange={(event) => setOldPassword(event.currentTarget.value)}
        />
        <PasswordInput
          label="New password"
          description="At least 10 characters"
          autoComplete="new-password"
          required
          minLength={10}
          mt={12}
          value={newPassword}
          onChange={(event) => setNewPassword(event.currentTarget.value)}
        />
        <PasswordInput
          label="New password again"
          autoComplete="new-password"
          required
          mt={12}
          value={repeated}
          error={differs ? "The two passwords differ" : undefined}
          onChange={(event) => setRepeated(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" mt={16} loading={change.isPending} disabled={differs}>
          Change password
        </Button>
      </form>
    </div>
  );
}
