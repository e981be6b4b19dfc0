import { Button, Checkbox, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { CopyButton } from "@/components/copy-button";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { Confirm } from "@/components/records/confirm";
import { SecretField, secretPart } from "@/components/records/secret-field";
import { useRecordForm } from "@/components/records/use-record-form";
import classes from "../settings.module.css";
import {
  deleteProvider,
  type ProviderSettings,
  providerOptions,
  readGroupRoles,
  readLines,
  saveProvider,
  testProvider,
  writeGroupRoles,
} from "./sign-in-queries";

/** The identity provider of the installation. */
export function ProviderSection() {
  const settings = useQuery(providerOptions);
  if (settings.error) return <ProblemNotice error={settings.error} onRetry={() => void settings.refetch()} />;
  if (!settings.data) return <SkeletonRows />;
  return <ProviderForm key={settings.data.provider?.updated_at ?? ""} stored={settings.data} />;
}

function valuesOf({ provider }: ProviderSettings) {
  return {
    name: provider?.name ?? "",
    issuer: provider?.issuer ?? "",
    client_id: provider?.client_id ?? "",
    client_secret: "",
    scopes: provider?.scopes ?? "openid email profile",
    groups_claim: provider?.groups_claim ?? "groups",
    admin_groups: provider?.admin_groups.join("\n") ?? "",
    group_roles: writeGroupRoles(provider?.group_roles ?? []),
    link_by_email: provider?.link_by_email ?? false,
    removed: [] as string[],
  };
}

function ProviderForm({ stored }: { stored: ProviderSettings }) {
  const queryClient = useQueryClient();
  const check = useMutation({ mutationFn: testProvider });
  const { form, mutation, areErrorsShown, discard } = useRecordForm({
    initial: valuesOf(stored),
    secrets: ["client_secret"],
    save: async ({ client_secret: secret, removed, admin_groups: groups, group_roles: roles, ...others }) => {
      check.reset();
      await saveProvider({
        ...others,
        admin_groups: readLines(groups),
        group_roles: readGroupRoles(roles),
        ...secretPart("client_secret", secret, removed),
      });
      await queryClient.invalidateQueries({ queryKey: ["settings", "sign-on"] });
      await queryClient.invalidateQueries({ queryKey: ["sign-on"] });
    },
  });
  const isChanged = JSON.stringify(form.values) !== JSON.stringify(valuesOf(stored));
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate(form.values);
  };
  const isGiven = stored.from_environment;
  return (
    <form onSubmit={handleSubmit}>
      {mutation.error && !areErrorsShown ? (
        <ProblemNotice error={mutation.error} title="Nothing is saved." />
      ) : null}
      <p className={`soft ${classes.register}`}>
        Register this address at the provider: <code>{stored.redirect_uri}</code>{" "}
        <CopyButton text={stored.redirect_uri} label="Copy" />
      </p>
      {isGiven ? (
        <div className={classes.register}>
          <Notice tone="info">
            The environment of the service query states this provider, in variables that begin with
            LOGLOOP_OIDC_. Change it there, and restart the service.
          </Notice>
        </div>
      ) : null}
      <div className={`${classes.fields} ${classes.plain}`}>
        <TextInput label="Name" placeholder="Acme" required readOnly={isGiven} {...form.text("name")} />
        <TextInput
          label="Issuer"
          placeholder="https://login.example.org/realms/acme"
          required
          readOnly={isGiven}
          {...form.text("issuer")}
        />
        <TextInput label="Client id" required readOnly={isGiven} {...form.text("client_id")} />
        {isGiven ? (
          <TextInput
            label="Client secret"
            value={stored.provider?.has_client_secret ? "stated, and never shown" : "none"}
            readOnly
          />
        ) : (
          <SecretField
            label="Client secret"
            name="client_secret"
            form={form}
            stored={stored.provider?.has_client_secret ?? false}
          />
        )}
        <TextInput label="Scopes" required readOnly={isGiven} {...form.text("scopes")} />
        <TextInput label="Claim with the groups" required readOnly={isGiven} {...form.text("groups_claim")} />
        <Textarea
          label="Groups of administrators"
          description="One a line. Their members administer this installation."
          autosize
          minRows={2}
          readOnly={isGiven}
          {...form.text("admin_groups")}
        />
        <Textarea
          label="Groups of projects"
          description="One a line: group = project: viewer, member or admin"
          placeholder="shop-developers = shop: member"
          autosize
          minRows={2}
          readOnly={isGiven}
          {...form.text("group_roles")}
        />
      </div>
      <Checkbox
        mb={16}
        disabled={isGiven}
        label="Link by e-mail address"
        description="A verified address signs in as the existing user who has it. Allow it only if the provider controls all addresses of your users."
        checked={form.values.link_by_email}
        onChange={(event) => form.set("link_by_email", event.currentTarget.checked)}
      />
      {check.error ? <ProblemNotice error={check.error} title="Not tested." /> : null}
      {check.data ? <Notice tone={check.data.ok ? "info" : "error"}>{check.data.detail}</Notice> : null}
      <div className={classes.buttons}>
        {isGiven ? null : (
          <>
            <Button type="submit" variant="filled" loading={mutation.isPending} disabled={!isChanged}>
              Save
            </Button>
            <Button disabled={!isChanged} onClick={discard}>
              Discard
            </Button>
          </>
        )}
        <Button
          loading={check.isPending}
          disabled={isChanged || !stored.provider}
          title="Reads what the provider says about itself. Nobody is signed in."
          onClick={() => check.mutate()}
        >
          Test connection
        </Button>
        <span className="grow" />
        {stored.provider && !isGiven ? <DeleteProvider /> : null}
      </div>
    </form>
  );
}

function DeleteProvider() {
  const queryClient = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const remove = useMutation({
    mutationFn: deleteProvider,
    onSuccess: async () => {
      setIsAsking(false);
      await queryClient.invalidateQueries({ queryKey: ["settings", "sign-on"] });
    },
  });
  return (
    <>
      <Button variant="subtle" onClick={() => setIsAsking(true)}>
        Delete the provider…
      </Button>
      <Confirm
        opened={isAsking}
        title="Delete the identity provider?"
        action="Delete the provider"
        busy={remove.isPending}
        error={remove.error}
        onClose={() => setIsAsking(false)}
        onConfirm={() => remove.mutate()}
      >
        Its users stay and cannot sign in. The stored secret is deleted and cannot be brought back.
      </Confirm>
    </>
  );
}
