import { Button, TextInput } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { asProblem } from "@/lib/api/problem";
import classes from "../settings.module.css";
import { beginApp } from "./github-queries";

const MAX_NAME = 34;

type CreateAppProps = {
  scope: string | undefined;
  apiUrl: string;
  /** Forgets what was typed: it must not replace what is stored when the person comes back. */
  onBegun: () => void;
};

/** Begins a GitHub App of its own: the next page says what GitHub will create, and asks. */
export function CreateApp({ scope, apiUrl, onBegun }: CreateAppProps) {
  const [name, setName] = useState(`Logloop ${scope ?? ""}`.trim().slice(0, MAX_NAME));
  const [organization, setOrganization] = useState("");
  const begin = useMutation({
    mutationFn: async () => beginApp(scope, { name, organization, api_url: apiUrl }),
    onSuccess: ({ page }) => {
      onBegun();
      globalThis.location.assign(page);
    },
  });
  const violations = begin.error ? asProblem(begin.error).violations : [];
  const errorOf = (field: string) => violations.find((item) => item.field === `body.${field}`)?.reason;
  return (
    <section aria-label="A new GitHub App">
      <h2 className={classes.heading}>A new GitHub App</h2>
      <p className="soft">
        GitHub creates the App with the rights that Logloop needs, and hands over its key and webhook secret.
        Its tokens live for an hour and reach the repositories that you choose.
      </p>
      {begin.error ? <ProblemNotice error={begin.error} title="Nothing is begun." /> : null}
      <div className={`${classes.fields} ${classes.plain}`}>
        <TextInput
          label="Name of the App"
          description="Must be unique on GitHub"
          maxLength={MAX_NAME}
          value={name}
          error={errorOf("name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="Organization"
          description="Empty: the App belongs to you"
          placeholder="acme"
          value={organization}
          error={errorOf("organization")}
          onChange={(event) => setOrganization(event.currentTarget.value.trim())}
        />
      </div>
      <Button
        leftSection={<IconExternalLink size={14} aria-hidden />}
        loading={begin.isPending || begin.isSuccess}
        disabled={name.trim() === ""}
        onClick={() => begin.mutate()}
      >
        Create the App on GitHub…
      </Button>
    </section>
  );
}
