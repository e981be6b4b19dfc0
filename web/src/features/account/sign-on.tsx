import { Button } from "@mantine/core";
import { queryOptions } from "@tanstack/react-query";
import { Notice } from "@/components/page/notice";
import { content, query } from "@/lib/api/client";

export const signOnOptions = queryOptions({
  queryKey: ["sign-on"],
  queryFn: async ({ signal }) => content(await query.GET("/api/v1/session/sign-on", { signal })),
  staleTime: 60_000,
});

/** Leads to the identity provider, and from there back to a page of this app. */
export function SignOnButton({ provider, next }: { provider: string; next: string }) {
  const href = `/api/v1/session/sign-on/start?${new URLSearchParams({ next })}`;
  return (
    <Button component="a" href={href} variant="filled" fullWidth mt={16}>
      Sign in with {provider}
    </Button>
  );
}

const MEANINGS: Record<string, string> = {
  off: "No identity provider is set up any more. Ask an administrator.",
  "provider-down":
    "The identity provider does not respond as it should. Try again in a moment; if that does not help, tell an administrator.",
  "client-refused":
    "The identity provider does not accept the client id or secret of Logloop. An administrator has to correct them.",
  declined: "The sign-in was stopped at the identity provider. Try again if that was not intended.",
  expired: "This sign-in took too long, was begun in another browser, or is complete already. Begin again.",
  "code-refused": "The identity provider did not confirm this sign-in. Begin again.",
  "token-invalid":
    "The identity provider's answer is not valid for this sign-in. Begin again; if that does not help, tell an administrator.",
  "email-unverified":
    "Your identity provider has not verified your e-mail address. Verify it there, or ask its administrator.",
  "email-taken":
    "Another user of Logloop has your e-mail address. Ask an administrator, who can allow to link it or change that user.",
  "no-group": "None of your groups may use this installation. Ask an administrator which group you need.",
  disabled: "Your account is disabled. Ask an administrator.",
  "last-administrator":
    "You are the last administrator, and your groups would take that right away. Appoint another administrator first.",
  "too-many": "There were too many sign-ins from your address. Wait some minutes, then try again.",
};

/** Says why a sign-in with the provider failed. */
export function SignOnProblem({ reason }: { reason: string }) {
  return <Notice tone="error">{MEANINGS[reason] ?? "The sign-in failed. Begin again."}</Notice>;
}
