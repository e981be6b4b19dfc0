import { Select, TagsInput, Textarea, TextInput } from "@mantine/core";
import { SecretField } from "@/components/records/secret-field";
import type { RecordForm } from "@/components/records/use-record-form";
import { type ReceiverValues, TEMPLATE_NAMES } from "./receiver-values";

type Form = RecordForm<ReceiverValues>;
type KindFieldsProps = { form: Form /** The secrets that the server has. */; stored: readonly string[] };

const ADDRESS_HINTS: Record<string, string> = {
  webhook: "Where messages are posted to. Stored encrypted: an address may hold a key.",
  slack: "The address of an incoming webhook: https://hooks.slack.com/services/…",
  teams: "The address of a workflow that posts to a channel when a webhook request is received.",
};

/** The fields that one kind of receiver has. */
export function KindFields({ form, stored }: KindFieldsProps) {
  const { kind } = form.values;
  if (kind === "email") return <MailFields form={form} stored={stored} />;
  return (
    <>
      <SecretField
        form={form}
        name="url"
        label="Address"
        hint={ADDRESS_HINTS[kind] ?? ""}
        stored={stored.includes("url")}
        isRemovable={false}
      />
      {kind === "webhook" ? (
        <>
          <SecretField
            form={form}
            name="secret"
            label="Signing secret"
            hint="Signs each message as Standard Webhooks describes. Stored encrypted and never shown again"
            stored={stored.includes("secret")}
          />
          <Textarea
            label="JSON body"
            description={`Empty: every value. Texts may hold {{names}}: ${TEMPLATE_NAMES}.`}
            placeholder={'{ "summary": "{{title}}", "lines": "{{lines}}", "url": "{{link}}" }'}
            autosize
            minRows={3}
            maxRows={16}
            spellCheck={false}
            classNames={{ input: "mono" }}
            {...form.text("template")}
          />
        </>
      ) : null}
    </>
  );
}

function MailFields({ form, stored }: KindFieldsProps) {
  return (
    <>
      <TextInput label="Mail server" placeholder="smtp.example.org" required {...form.text("smtp_host")} />
      <TextInput label="Port" inputMode="numeric" required {...form.text("smtp_port")} />
      <Select
        label="Encryption"
        data={[
          { value: "starttls", label: "STARTTLS" },
          { value: "tls", label: "TLS from the first byte" },
          { value: "none", label: "None, for private addresses only" },
        ]}
        {...form.choice("security")}
      />
      <TextInput label="User name" autoComplete="off" {...form.text("username")} />
      <SecretField form={form} name="password" label="Password" stored={stored.includes("password")} />
      <TextInput label="From" placeholder="logloop@example.org" required {...form.text("sender")} />
      <TagsInput
        label="To"
        description="Press Enter after each address."
        placeholder={form.values.recipients.length > 0 ? "" : "oncall@example.org"}
        required
        value={form.values.recipients}
        error={form.errorOf("recipients")}
        onChange={(value) => form.set("recipients", value)}
      />
    </>
  );
}
