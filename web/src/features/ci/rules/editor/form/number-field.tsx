import { TextInput } from "@mantine/core";
import { useState } from "react";
import classes from "../rule-editor.module.css";

/** A whole number. While the field holds none, the last one stays in the rule. */
export function NumberField({
  label,
  value,
  disabled,
  error,
  onChange,
}: {
  label: string;
  value: number;
  disabled: boolean;
  error: string | undefined;
  onChange: (value: number) => void;
}) {
  const [text, setText] = useState<string | null>(null);
  return (
    <TextInput
      size="xs"
      aria-label={label}
      inputMode="numeric"
      className={classes.short}
      value={text ?? String(value)}
      disabled={disabled}
      error={text === "" ? "Write a number" : error}
      onChange={(event) => {
        const typed = event.currentTarget.value.replace(/\D/g, "");
        setText(typed);
        if (typed !== "") onChange(Number(typed));
      }}
      onBlur={() => setText(null)}
    />
  );
}
