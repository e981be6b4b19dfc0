import { TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "../rule-editor.module.css";

/** A line of the form: what it is about, and its fields. */
export function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a grid row.
    <div className={classes.line} role="group" aria-label={label}>
      <span className={classes.label}>{label}</span>
      <div className={classes.controls}>{children}</div>
    </div>
  );
}

/** A length of time such as 30s, 5m, 2h or 7d, which the server checks. */
export function Duration({
  label,
  value,
  disabled,
  error,
  onChange,
}: {
  label: string;
  value: string;
  disabled: boolean;
  error: string | undefined;
  onChange: (value: string) => void;
}) {
  return (
    <TextInput
      size="xs"
      aria-label={label}
      title="Such as 30s, 5m, 2h or 7d"
      className={classes.short}
      value={value}
      disabled={disabled}
      error={error?.replace("Value error, ", "")}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
