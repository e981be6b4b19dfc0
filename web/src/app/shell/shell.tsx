import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useSignedOut } from "@/lib/api/signed-out";
import { CommandPalette } from "../commands/command-palette";
import { KeyHelp } from "../commands/key-help";
import { Header } from "./header";
import classes from "./shell.module.css";

const SignInAgain = lazy(async () => ({
  default: (await import("@/features/account/sign-in-again")).SignInAgain,
}));

/** The frame of all pages behind the sign-in. */
export function Shell() {
  const signedOut = useSignedOut();
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main">
        Skip to the content
      </a>
      <Header />
      <main id="main" className={classes.main}>
        <Outlet />
      </main>
      <CommandPalette />
      <KeyHelp />
      {signedOut ? (
        <Suspense fallback={null}>
          <SignInAgain />
        </Suspense>
      ) : null}
    </div>
  );
}
