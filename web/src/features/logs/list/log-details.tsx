import { ActionIcon, Button } from "@mantine/core";
import { IconColumns3, IconMinus, IconPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { CopyButton } from "@/components/copy-button";
import { printable } from "@/lib/text/printable";
import type { Log } from "../log-queries";
import classes from "./log-list.module.css";
import { flattenAttributes, traceOf } from "./rows";

/** What the user can do with an open line. A page passes only what makes sense on it. */
export type LogActions = {
  onInclude?: (field: string, value: string | null) => void;
  onExclude?: (field: string, value: string | null) => void;
  onToggleColumn?: (field: string) => void;
  onTrace?: (path: string, value: string) => void;
  onContext?: (log: Log) => void;
  onAnalyze?: (log: Log) => void;
  onEdit?: (log: Log) => void;
  onDelete?: (log: Log) => void;
  linkOf?: (log: Log) => string;
  extra?: (log: Log) => ReactNode;
};

/** The fields of an open line. `json` shows it as the API returns it. */
export function LogDetails({
  log,
  actions,
  showsJson,
  onToggleJson,
}: {
  log: Log;
  actions: LogActions;
  showsJson: boolean;
  onToggleJson: () => void;
}) {
  const trace = traceOf(log);
  const fields: [string, string][] = [
    ["service_id", log.service_id],
    ...(["test_id", "func_id", "source"] as const).flatMap((name): [string, string][] => {
      const value = log[name];
      return value === null ? [] : [[name, value]];
    }),
    ...flattenAttributes(log.attributes).map(([path, value]): [string, string] => [
      `attributes.${path}`,
      value,
    ]),
  ];
  const isLong = log.message.includes("\n") || log.message.length > 160;
  const message = showsJson ? JSON.stringify(log, null, 2) : isLong ? pretty(log.message) : null;
  return (
    <section className={classes.details} aria-label="Details of the line">
      {message ? <pre>{printable(message)}</pre> : null}
      {showsJson ? null : (
        <div className={classes.fields}>
          <Field name="id" value={log.id} actions={{}} />
          <Field name="timestamp" value={log.timestamp} actions={{}} />
          {fields.map(([name, value]) => (
            <Field key={name} name={name} value={value} actions={actions} />
          ))}
        </div>
      )}
      <div className={classes.actions}>
        {trace && actions.onTrace ? (
          <Button onClick={() => actions.onTrace?.(trace.path, trace.value)}>Trace</Button>
        ) : null}
        {actions.onContext ? <Button onClick={() => actions.onContext?.(log)}>Context</Button> : null}
        <CopyButton text={log.message} label="Copy message" />
        {actions.linkOf ? <CopyButton text={actions.linkOf(log)} label="Copy link" /> : null}
        <Button aria-pressed={showsJson} onClick={onToggleJson}>
          JSON
        </Button>
        <span className="grow" />
        {actions.extra?.(log)}
        {actions.onEdit ? <Button onClick={() => actions.onEdit?.(log)}>Edit…</Button> : null}
        {actions.onDelete ? <Button onClick={() => actions.onDelete?.(log)}>Delete…</Button> : null}
        {actions.onAnalyze ? (
          <Button onClick={() => actions.onAnalyze?.(log)}>Analyze this line</Button>
        ) : null}
      </div>
    </section>
  );
}

function pretty(message: string): string {
  if (!/^\s*[[{]/.test(message)) return message;
  try {
    return JSON.stringify(JSON.parse(message), null, 2);
  } catch {
    return message;
  }
}

function Field({ name, value, actions }: { name: string; value: string; actions: LogActions }) {
  const label = name.replace(/^attributes\./, "");
  return (
    <div className={classes.field}>
      <span className={classes.fieldName} title={name}>
        {label}
      </span>
      <span className={classes.fieldValue} title={printable(value)}>
        {printable(value)}
      </span>
      <span className={classes.fieldActions}>
        {actions.onInclude ? (
          <ActionIcon
            size={24}
            aria-label={`Only lines with this ${label}`}
            onClick={() => actions.onInclude?.(name, value)}
          >
            <IconPlus size={12} aria-hidden />
          </ActionIcon>
        ) : null}
        {actions.onExclude ? (
          <ActionIcon
            size={24}
            aria-label={`No lines with this ${label}`}
            onClick={() => actions.onExclude?.(name, value)}
          >
            <IconMinus size={12} aria-hidden />
          </ActionIcon>
        ) : null}
        {actions.onToggleColumn && name !== "service_id" ? (
          <ActionIcon
            size={24}
            aria-label={`Show ${label} as a column`}
            onClick={() => actions.onToggleColumn?.(label)}
          >
            <IconColumns3 size={12} aria-hidden />
          </ActionIcon>
        ) : null}
        <CopyButton text={value} label={`Copy ${label}`} iconOnly />
      </span>
    </div>
  );
}
