import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { type Session, sessionOptions } from "@/lib/api/session";
import { reportSignedIn } from "@/lib/api/signed-out";
import { CodeForm } from "./code-form";
import { signIn as requestSession } from "./two-factor-queries";

/** Asks for e-mail address and password, and for a code if the user has a second factor. Starts a session. */
export function SignInForm({
  email: fixedEmail,
  onDone,
}: {
  email?: string | undefined;
  onDone: () => void;
}) {
  const [email, setEmail] = useState(fixedEmail ?? "");
  const [password, setPassword] = useState("");
  const [token, setToken] = useState<string | null>(null);
  const queryClient = useQueryClient();
  const finish = (session: Session) => {
    queryClient.setQueryData(sessionOptions.queryKey, session);
    reportSignedIn();
    onDone();
  };
  const signIn = useMutation({
    mutationFn: () => requestSession(email.trim(), password),
    onSuccess: (outcome) => {
      if ("second_step" in outcome) setToken(outcome.token);
      else finish(outcome);
    },
  });
  if (token) {
    const handleBack = () => {
      setToken(null);
      setPassword("");
    };
    return <CodeForm token={token} onDone={finish} onBack={handleBack} />;
  }
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
