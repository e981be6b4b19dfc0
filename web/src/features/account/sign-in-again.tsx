import { Modal } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSession } from "@/lib/api/session";
import { SignInForm } from "./sign-in-form";
import { SignOnButton, signOnOptions } from "./sign-on";

/** Asks for the password over the page when the session ended, so that nothing typed is lost. */
export function SignInAgain() {
  const session = useSession();
  const queryClient = useQueryClient();
  const offer = useQuery(signOnOptions);
  const provider = offer.data?.provider;
  return (
    <Modal opened onClose={() => undefined} withCloseButton={false} title="Your session ended">
      <p className="soft">Sign in again to go on. This page keeps what you typed.</p>
      {provider ? (
        <SignOnButton provider={provider} next={location.href.slice(location.origin.length)} />
      ) : null}
      {provider && session?.has_password === false ? null : (
        <SignInForm email={session?.email ?? undefined} onDone={() => void queryClient.invalidateQueries()} />
      )}
    </Modal>
  );
}
