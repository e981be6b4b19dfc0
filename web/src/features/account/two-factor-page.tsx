import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { CopyButton } from "@/components/copy-button";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { sessionOptions, useSession } from "@/lib/api/session";
import { formatMoment, useZone } from "@/lib/time/time";
import classes from "./account.module.css";
import { CodeInput } from "./code-form";
import { SetUpTwoFactor } from "./set-up-two-factor";
import { localTarget } from "./sign-in-page";
import { renewRecoveryCodes, turnOffTwoFactor, twoFactorOptions } from "./two-factor-queries";

/** Turns two-factor sign-in of the user on and off. An installation may require it before anything else. */
export function TwoFactorPage() {
  const { next } = useSearch({ from: "/signed-in/account/two-factor" });
  const session = useSession();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const state = useQuery(twoFactorOptions);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [zone] = useZone();
  useEffect(() => {
    document.title = "Two-factor sign-in · Logloop";
  }, []);
  const handleDone = async () => {
    setCodes(null);
    await queryClient.invalidateQueries({ queryKey: twoFactorOptions.queryKey });
    const mustContinue = session?.must_set_up_two_factor;
    await queryClient.fetchQuery({ ...sessionOptions, staleTime: 0 });
    if (mustContinue) await navigate({ href: localTarget(next) });
  };
  return (
    <div className={classes.page}>
      <div className={classes.card}>
        <h1>Two-factor sign-in</h1>
        {state.error ? (
          <ProblemNotice error={state.error} onRetry={() => void state.refetch()} />
        ) : codes ? (
          <RecoveryCodes codes={codes} onDone={() => void handleDone()} />
        ) : !state.data ? (
          <SkeletonRows />
        ) : state.data.enabled ? (
          <>
            <p className="soft">
              On since {formatMoment(new Date(state.data.since ?? 0), zone)}. {state.data.recovery_codes_left}{" "}
              recovery codes are left.
            </p>
            <ChangeTwoFactor
              required={state.data.required}
              onCodes={setCodes}
              onOff={() => void handleDone()}
            />
          </>
        ) : (
          <>
            {session?.must_set_up_two_factor ? (
              <p className="soft">This installation requires it. Set it up to continue.</p>
            ) : (
              <p className="soft">Signing in then also needs a code that an app on your phone shows.</p>
            )}
            <SetUpTwoFactor onCodes={setCodes} />
          </>
        )}
      </div>
    </div>
  );
}

function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  return (
    <section aria-label="Recovery codes">
      <p className="soft">
        Two-factor sign-in is on. Each of these codes replaces the app once, when your phone is lost. They are
        shown only now.
      </p>
      <pre className={classes.codes}>{codes.join("\n")}</pre>
      <div className="row">
        <CopyButton text={codes.join("\n")} label="Copy" />
        <span className="grow" />
        <Button variant="filled" onClick={onDone}>
          I have kept them
        </Button>
      </div>
    </section>
  );
}

function ChangeTwoFactor({
  required,
  onCodes,
  onOff,
}: {
  required: boolean;
  onCodes: (codes: string[]) => void;
  onOff: () => void;
}) {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const renew = useMutation({ mutationFn: () => renewRecoveryCodes(password, code), onSuccess: onCodes });
  const turnOff = useMutation({ mutationFn: () => turnOffTwoFactor(password, code), onSuccess: onOff });
  const error = renew.error ?? turnOff.error;
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    turnOff.reset();
    renew.mutate();
  };
  const handleTurnOff = () => {
    renew.reset();
    turnOff.mutate();
  };
  const isIncomplete = password === "" || code === "";
  return (
    <form onSubmit={handleSubmit}>
      {error ? <ProblemNotice error={error} /> : null}
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        required
        mt={12}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <CodeInput value={code} onChange={setCode} description="Of your app, or a recovery code." />
      <div className="row" style={{ marginTop: 16 }}>
        <Button type="submit" loading={renew.isPending} disabled={isIncomplete}>
          New recovery codes
        </Button>
        {required ? null : (
          <Button
            variant="subtle"
            loading={turnOff.isPending}
            disabled={isIncomplete}
            onClick={handleTurnOff}
          >
            Turn off
          </Button>
        )}
      </div>
    </form>
  );
}
