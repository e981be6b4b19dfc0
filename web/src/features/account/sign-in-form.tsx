import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { content, query } from "@/lib/api/client";
import { sessionOptions } from "@/lib/api/session";
import { reportSignedIn } from "@/lib/api/signed-out";

/** Asks for e-mail address and password and starts a session. */
export function SignInForm({
  email: fixedEmail,
  onDone,
}: {
  email?: string | undefined;
  onDone: () => void;
}) {
  const [email, setEmail] = useState(fixedEmail ?? "");
  const [password, setPassword] = useState("");
  const queryClient = useQueryClient();
  const signIn = useMutation({
    mutationFn: async () =>
      content(await query.POST("/api/v1/session", { body: { email: email.trim(), password } })),
    onSuccess: (session) => {
      queryClient.setQueryData(sessionOptions.queryKey, session);
      reportSignedIn();
      onDone();
    },
  });
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <form onSubmit={handleSubmit}>
      {signIn.error ? <ProblemNotice error={signIn.error} /> : null}
      <TextInput
        label="E-mail"
        type="email"
        name="email"
        autoComplete="username"
        required
        mt={12}
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label="Password"
        name="password"
        autoComplete="current-password"
        required
        mt={12}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        data-autofocus={fixedEmail ? true : undefined}
      />
      <Button type="submit" variant="filled" fullWidth mt={16} loading={signIn.isPending}>
        Sign in
      </Button>
    </form>
  );
}
