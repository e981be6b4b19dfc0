import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import type { Session } from "@/lib/api/session";
import { signInWithCode } from "./two-factor-queries";

/** The second step of a sign-in: asks for the code of the authenticator app. */
export function CodeForm({
  token,
  onDone,
  onBack,
}: {
  token: string;
  onDone: (session: Session) => void;
  onBack: () => void;
}) {
  const [code, setCode] = useState("");
  const send = useMutation({ mutationFn: () => signInWithCode(token, code), onSuccess: onDone });
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate(undefined, { onError: () => setCode("") });
  };
  return (
    <form onSubmit={handleSubmit}>
      {send.error ? <ProblemNotice error={send.error} /> : null}
      <CodeInput
        value={code}
        onChange={setCode}
        description="Your authenticator app shows it. A recovery code works as well, once."
      />
      <Button type="submit" variant="filled" fullWidth mt={16} loading={send.isPending}>
        Sign in
      </Button>
      <Button variant="subtle" fullWidth mt={8} onClick={onBack}>
        Back
      </Button>
    </form>
  );
}

/** An input of a code. */
export function CodeInput({
  value,
  onChange,
  description,
}: {
  value: string;
  onChange: (code: string) => void;
  description?: string;
}) {
  return (
    <TextInput
      label="Code"
      description={description}
      name="code"
      autoComplete="one-time-code"
      required
      data-autofocus
      autoFocus
      mt={12}
      classNames={{ input: "mono" }}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
