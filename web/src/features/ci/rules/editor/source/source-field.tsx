import { useId } from "react";
import classes from "../rule-editor.module.css";
import type { ConditionError } from "./rule-source";

/** A text with line numbers, and what the server says about it, with the place. */
export function SourceField({
  label,
  value,
  errors,
  disabled,
  minLines,
  onChange,
}: {
  label: string;
  value: string;
  errors: readonly ConditionError[];
  disabled: boolean;
  minLines: number;
  onChange: (value: string) => void;
}) {
  const id = useId();
  const lines = value.split("\n");
  const marked = new Set(errors.map(({ line }) => line));
  const count = Math.max(minLines, lines.length);
  return (
    <div className={classes.source}>
      <label htmlFor={id} className={classes.sourceLabel}>
        {label}
      </label>
      <div className={classes.code}>
        <div className={classes.numbers} aria-hidden>
          {lines.map((_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number.
            <span key={index} data-marked={marked.has(index + 1) || undefined}>
              {index + 1}
            </span>
          ))}
        </div>
        <textarea
          id={id}
          wrap="off"
          spellCheck={false}
          rows={count}
          value={value}
          readOnly={disabled}
          aria-invalid={errors.length > 0}
          aria-describedby={errors.length > 0 ? `${id}-errors` : undefined}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      </div>
      <div id={`${id}-errors`} role="status">
        {errors.map((error) => (
          <ErrorAt key={`${error.line}:${error.column}:${error.text}`} error={error} lines={lines} />
        ))}
      </div>
    </div>
  );
}

/** An error with the line that it is in and a mark under its column. */
function ErrorAt({ error, lines }: { error: ConditionError; lines: readonly string[] }) {
  const line = error.line === undefined ? undefined : lines[error.line - 1];
  return (
    <div className={classes.error}>
      {line !== undefined && error.column !== undefined ? (
        <pre aria-hidden>
          {line}
          {"\n"}
          {" ".repeat(Math.max(0, error.column - 1))}^
        </pre>
      ) : null}
      <p>
        {error.line === undefined ? null : (
          <strong>
            Line {error.line}, column {error.column}{" "}
          </strong>
        )}
        {error.text}
      </p>
    </div>
  );
}
