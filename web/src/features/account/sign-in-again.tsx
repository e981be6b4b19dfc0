import { Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useSession } from "@/lib/api/session";
import { SignInForm } from "./sign-in-form";

/** Asks for the password over the page when the session ended, so that nothing typed is lost. */
export function SignInAgain() {
  const session = useSession();
  const queryClient = useQueryClient();
  return (
    <Modal opened onClose={() => undefined} withCloseButton={false} title="Your session ended">
      <p className="soft">Sign in again to go on. This page keeps what you typed.</p>
      <SignInForm email={session?.email ?? undefined} onDone={() => void queryClient.invalidateQueries()} />
    </Modal>
  );
}
