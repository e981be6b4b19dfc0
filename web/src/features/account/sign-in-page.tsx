import { Button, Divider } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Logo } from "@/components/logo";
import classes from "./account.module.css";
import { SignInForm } from "./sign-in-form";
import { SignOnButton, SignOnProblem, signOnOptions } from "./sign-on";

/** Returns an address within this app, whatever the parameter holds. */
export function localTarget(next: string | undefined): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.startsWith("/\\") ? next : "/";
}

export function SignInPage() {
  const { next, problem } = useSearch({ from: "/sign-in" });
  const offer = useQuery(signOnOptions);
  const [wantsPassword, setWantsPassword] = useState(false);
  const navigate = useNavigate();
  const router = useRouter();
  useEffect(() => {
    document.title = "Sign in · Logloop";
  }, []);
  const handleDone = async () => {
    await router.invalidate();
    await navigate({ href: localTarget(next) });
  };
  const hidesForm = offer.data?.only_provider === true && !wantsPassword;
  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <div className={classes.brand}>
          <Logo size={28} />
          Logloop
        </div>
        <h1 className="visually-hidden">Sign in to Logloop</h1>
        {problem ? <SignOnProblem reason={problem} /> : null}
        {offer.data?.provider ? (
          <SignOnButton provider={offer.data.provider} next={localTarget(next)} />
        ) : null}
        {hidesForm ? (
          <Button variant="subtle" fullWidth mt={8} onClick={() => setWantsPassword(true)}>
            Administrator on this machine
          </Button>
        ) : (
          <>
            {offer.data?.provider ? <Divider mt={16} label="or with a password" /> : null}
            <SignInForm onDone={() => void handleDone()} />
            <p className="muted small">
              The first start prints the administrator's address and password. Lost it? Run{" "}
              <code>python -m logloop_query.reset_password EMAIL</code>.
            </p>
          </>
        )}
      </div>
    </main>
  );
}
