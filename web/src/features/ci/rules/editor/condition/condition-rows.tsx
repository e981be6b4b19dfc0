import { ActionIcon, Autocomplete, Button, Select, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useState } from "react";
import classes from "../rule-editor.module.css";
import {
  type Comparison,
  isNumeric,
  kindOf,
  NAMES,
  type Operator,
  operatorsOf,
  readCondition,
  type Subject,
  writeCondition,
} from "./condition";

type ConditionRowsProps = {
  subject: Subject;
  condition: string;
  disabled: boolean;
  onChange: (condition: string) => void;
};

const VALUES: Record<string, string[]> = {
  "log.severity": ["error", "warn", "info", "debug"],
  "run.conclusion": ["failure", "timed_out", "cancelled", "success", "skipped"],
  "analysis.verdict": ["confirmed", "likely", "insufficient"],
};
const FIRST: Record<Subject, Comparison> = {
  logs: { name: "log.severity", operator: "is", value: "error" },
  analysis: { name: "analysis.findings", operator: ">", value: "0" },
  run: { name: "run.conclusion", operator: "is", value: "failure" },
};

const isReady = (row: Comparison, subject: Subject) =>
  kindOf(row.name, subject) !== null && (!isNumeric(row.operator) || /^-?\d+(\.\d+)?$/.test(row.value));

/** The comparisons of a condition, all of which must hold. A row that is not finished stays out of the condition. */
export function ConditionRows({ subject, condition, disabled, onChange }: ConditionRowsProps) {
  const [rows, setRows] = useState<Comparison[]>(() => readCondition(condition, subject) ?? []);
  const [written, setWritten] = useState(condition);
  const read = readCondition(condition, subject);
  if (condition !== written) {
    // The source was edited: it wins over what the rows hold.
    setWritten(condition);
    if (read) setRows(read);
  }
  if (!read && condition === written && rows.every((row) => isReady(row, subject))) {
    return (
      <p className="soft">
        This condition is more than a list of comparisons. Edit it as source; everything else stays here.
      </p>
    );
  }
  const change = (next: Comparison[]) => {
    setRows(next);
    const text = writeCondition(next.filter((row) => isReady(row, subject)));
    setWritten(text);
    if (text !== condition) onChange(text);
  };
  const replace = (index: number, next: Comparison) =>
    change(rows.map((row, at) => (at === index ? next : row)));
  return (
    <>
      {rows.map((row, index) => (
        <Row
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity.
          key={index}
          row={row}
          subject={subject}
          disabled={disabled}
          onChange={(next) => replace(index, next)}
          onRemove={() => change(rows.filter((_, at) => at !== index))}
        />
      ))}
      {rows.length === 0 ? <p className="muted">Every one that passes the filter matches.</p> : null}
      {disabled ? null : (
        <div>
          <Button
            variant="subtle"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => change([...rows, FIRST[subject]])}
          >
            Condition
          </Button>
        </div>
      )}
    </>
  );
}

type RowProps = {
  row: Comparison;
  subject: Subject;
  disabled: boolean;
  onChange: (row: Comparison) => void;
  onRemove: () => void;
};

function Row({ row, subject, disabled, onChange, onRemove }: RowProps) {
  const operators = operatorsOf(row.name, subject);
  const values = row.operator === "is" || row.operator === "is not" ? VALUES[row.name] : undefined;
  const rename = (name: string) => {
    const known = operatorsOf(name, subject);
    const operator = known.includes(row.operator) ? row.operator : (known[0] ?? "is");
    onChange({ name, operator, value: row.value });
  };
  const isUnknown = kindOf(row.name, subject) === null;
  const isMissing = !isUnknown && !isReady(row, subject);
  return (
    <div className={classes.comparison}>
      <Autocomplete
        size="xs"
        aria-label="Value to compare"
        data={[...NAMES[subject].map(([name]) => name), ...(subject === "logs" ? ["log.attributes."] : [])]}
        value={row.name}
        disabled={disabled}
        error={isUnknown ? "Choose a name, or write log.attributes.<key>" : undefined}
        onChange={rename}
      />
      <Select
        size="xs"
        aria-label="Comparison"
        data={[...operators]}
        value={row.operator}
        disabled={disabled}
        onChange={(operator) => onChange({ ...row, operator: (operator as Operator | null) ?? row.operator })}
      />
      {values ? (
        <Autocomplete
          size="xs"
          className={classes.value}
          aria-label="Compared with"
          data={values}
          value={row.value}
          disabled={disabled}
          onChange={(value) => onChange({ ...row, value })}
        />
      ) : (
        <TextInput
          size="xs"
          className={classes.value}
          aria-label="Compared with"
          value={row.value}
          disabled={disabled}
          error={isMissing ? "Write a number" : undefined}
          onChange={(event) => onChange({ ...row, value: event.currentTarget.value })}
        />
      )}
      {disabled ? null : (
        <ActionIcon
          className={classes.remove}
          aria-label={`Remove the condition on ${row.name}`}
          onClick={onRemove}
        >
          <IconX size={14} aria-hidden />
        </ActionIcon>
      )}
    </div>
  );
}
