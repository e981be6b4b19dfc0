import { Button, PasswordInput, Textarea } from "@mantine/core";
import type { RecordForm } from "./use-record-form";

export type WithRemoved = { removed: string[] };

/** Returns what to send for a secret: nothing keeps the stored one, null removes it. */
export function secretPart(
  name: string,
  typed: string,
  removed: readonly string[],
): Record<string, string | null> {
  if (typed) return { [name]: typed };
  return removed.includes(name) ? { [name]: null } : {};
}

/** A secret that can be written but never read. */
export function SecretField<V extends WithRemoved>({
  form,
  name,
  label,
  stored,
  last4,
  multiline = false,
  hint,
  isRemovable = true,
}: {
  form: RecordForm<V>;
  name: Parameters<RecordForm<V>["text"]>[0];
  label: string;
  /** Whether the server has one. */
  stored: boolean;
  last4?: string | null;
  multiline?: boolean;
  hint?: string;
  isRemovable?: boolean;
}) {
  const input = form.text(name);
  const isRemoved = form.values.removed.includes(name);
  const toggle = () => {
    const others = form.values.removed.filter((item) => item !== name);
    form.set("removed", (isRemoved ? others : [...others, name]) as V["removed"]);
  };
  const placeholder = isRemoved
    ? "will be removed"
    : stored
      ? `stored${last4 ? `, ends in ${last4}` : ""}; type to replace it`
      : "not set";
  const common = {
    label,
    description: hint ?? "Stored encrypted and never shown again",
    placeholder,
    autoComplete: "off",
    ...input,
  };
  return (
    <div>
      {multiline ? (
        <Textarea minRows={2} autosize spellCheck={false} classNames={{ input: "mono" }} {...common} />
      ) : (
        <PasswordInput {...common} />
      )}
      {stored && isRemovable && !input.value ? (
        <Button variant="subtle" mt={4} onClick={toggle}>
          {isRemoved ? "Keep it" : "Remove it"}
        </Button>
      ) : null}
    </div>
  );
}
