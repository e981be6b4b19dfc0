import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { Logo } from "@/components/logo";
import classes from "./account.module.css";
import { SignInForm } from "./sign-in-form";

/** Returns an address within this app, whatever the parameter holds. */
export function localTarget(next: string | undefined): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.startsWith("/\\") ? next : "/";
}

export function SignInPage() {
  const { next } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  const router = useRouter();
  useEffect(() => {
    document.title = "Sign in · Logloop";
  }, []);
  const handleDone = async () => {
    await router.invalidate();
    await navigate({ href: localTarget(next) });
  };
  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <div className={classes.brand}>
          <Logo size={28} />
          Logloop
        </div>
        <h1 className="visually-hidden">Sign in to Logloop</h1>
        <SignInForm onDone={() => void handleDone()} />
        <p className="muted small">
          The first start prints the administrator's address and password. Lost it? Run{" "}
          <code>python -m logloop_query.reset_password EMAIL</code>.
        </p>
      </div>
    </main>
  );
}
