import { Button, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import classes from "./account.module.css";
import { CodeInput } from "./code-form";
import { beginTwoFactor, confirmTwoFactor, type TwoFactorSetup } from "./two-factor-queries";

/** Asks for the password, shows the secret once, and asks for a code that shows that the app has it. */
export function SetUpTwoFactor({ onCodes }: { onCodes: (codes: string[]) => void }) {
  const [password, setPassword] = useState("");
  const begin = useMutation({ mutationFn: () => beginTwoFactor(password) });
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    begin.mutate();
  };
  if (begin.data) return <ConfirmCode setup={begin.data} onCodes={onCodes} />;
  return (
    <form onSubmit={handleSubmit}>
      {begin.error ? <ProblemNotice error={begin.error} /> : null}
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        required
        mt={12}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" variant="filled" mt={16} loading={begin.isPending}>
        Set up
      </Button>
    </form>
  );
}

function ConfirmCode({ setup, onCodes }: { setup: TwoFactorSetup; onCodes: (codes: string[]) => void }) {
  const [code, setCode] = useState("");
  const confirm = useMutation({ mutationFn: () => confirmTwoFactor(code), onSuccess: onCodes });
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate(undefined, { onError: () => setCode("") });
  };
  return (
    <form onSubmit={handleSubmit}>
      <p className="soft">Scan this with an authenticator app, then enter the code that it shows.</p>
      <QrCode svg={setup.qr_svg} />
      <p className="soft">
        Or type the secret: <code className={classes.secret}>{setup.secret}</code>
      </p>
      {confirm.error ? <ProblemNotice error={confirm.error} /> : null}
      <CodeInput value={code} onChange={setCode} />
      <Button type="submit" variant="filled" mt={16} loading={confirm.isPending}>
        Turn on
      </Button>
    </form>
  );
}

/** Shows the QR code of the server as elements, because the content policy allows no images of data. */
function QrCode({ svg }: { svg: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const picture = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
    if (picture.nodeName === "svg") place.current?.replaceChildren(picture);
  }, [svg]);
  return <div ref={place} className={classes.qr} role="img" aria-label="QR code of the secret" />;
}
