import { ActionIcon, Button, Checkbox } from "@mantine/core";
import { IconMinus, IconPinFilled, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { RowMenu } from "@/components/records/resource-table";
import { SeverityMark } from "@/components/severity";
import { addTerm, fieldTerm } from "@/lib/text/filter-text";
import { formatAge, formatCount, formatMoment, useZone } from "@/lib/time/time";
import { type LogScope, type PatternCount, patternsOptions } from "../log-queries";
import classes from "./pattern-table.module.css";
import { PatternText } from "./pattern-text";
import { type PatternEditing, usePatternEditing } from "./use-pattern-editing";

type PatternTableProps = {
  scope: LogScope;
  onFilter: (filter: string) => void;
  onShowLines: (filter: string) => void;
  tools: ReactNode;
};

/**
 * The message patterns of the selected logs, merged where they differ in a value or where people said so. Each line
 * belongs to exactly one.
 */
export function PatternTable({ scope, onFilter, onShowLines, tools }: PatternTableProps) {
  const patterns = useQuery(patternsOptions(scope));
  const editing = usePatternEditing(scope.project_id, patterns.data?.items ?? []);
  if (patterns.error && !patterns.data)
    return <ProblemNotice error={patterns.error} onRetry={() => void patterns.refetch()} />;
  if (!patterns.data) return <SkeletonRows />;
  const { items, total, distinct, took_ms: took } = patterns.data;
  const max = Math.max(1, ...items.map((item) => item.count));
  return (
    <div className={classes.area}>
      <div className={classes.summary}>
        <strong>
          {formatCount(distinct)} patterns in {formatCount(total)} lines
        </strong>
        <span className="muted">
          {items.filter((item) => item.new).length} new in this range · counted on the server in{" "}
          {Math.round(took)} ms
        </span>
        <span className="grow" />
        {editing ? (
          <Button size="compact-xs" variant="subtle" onClick={editing.showEdits}>
            Edited patterns
          </Button>
        ) : null}
        {tools}
      </div>
      {editing?.notice}
      <table aria-label="Patterns">
        <thead>
          <tr>
            <th>Severity</th>
            <th>Service</th>
            <th>Pattern</th>
            <th className="number">Lines</th>
            <th>First seen</th>
            <th>
              <span className="visually-hidden">Filter{editing ? " and edit" : ""}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <PatternRow
              key={item.id}
              item={item}
              share={item.count / max}
              q={scope.q}
              editing={editing}
              onFilter={onFilter}
              onShowLines={onShowLines}
            />
          ))}
        </tbody>
      </table>
      {items.length === 0 ? <p className={classes.summary}>No line matches the filter.</p> : null}
      {editing?.dialogs}
    </div>
  );
}

const RANK = ["error", "warn", "info", "debug"];

function PatternRow({
  item,
  share,
  q,
  editing,
  onFilter,
  onShowLines,
}: { item: PatternCount; share: number; q: string; editing: PatternEditing | null } & Omit<
  PatternTableProps,
  "scope" | "tools"
>) {
  const [zone] = useZone();
  const severity = RANK.find((name) => item.severities.includes(name)) ?? "info";
  const include = fieldTerm("pattern", item.pattern);
  return (
    <tr className={classes.row}>
      <td>
        {editing?.selected ? (
          <Checkbox
            size="xs"
            aria-label={`Merge ${item.name ?? item.pattern}`}
            checked={editing.selected.includes(item.pattern)}
            onChange={() => editing.toggle(item.pattern)}
          />
        ) : (
          <SeverityMark severity={severity} />
        )}
      </td>
      <td className="mono soft clip">{item.services.join(", ")}</td>
      <td className={classes.pattern}>
        <span className={classes.title}>
          {item.pinned ? <IconPinFilled size={12} role="img" aria-label="Pinned" /> : null}
          {item.name ? <strong>{item.name}</strong> : null}
          <button type="button" onClick={() => onShowLines(addTerm(q, include))}>
            <PatternText pattern={item.pattern} />
          </button>
          {item.merged > 1 ? (
            <span className="muted small">
              {formatCount(item.merged)} patterns{item.edit === "merge" ? ", merged by hand" : ""}
            </span>
          ) : null}
        </span>
      </td>
      <td className="number">
        <span className={classes.lines}>
          <i style={{ width: Math.max(2, Math.round(share * 80)) }} />
          {formatCount(item.count)}
        </span>
      </td>
      <td
        className={item.new ? classes.fresh : "muted"}
        title={item.first_seen ? formatMoment(new Date(item.first_seen), zone) : undefined}
      >
        {item.new ? "new · " : ""}
        {item.first_seen ? formatAge(new Date(item.first_seen)) : "unknown"}
      </td>
      <td>
        <span className="row">
          <ActionIcon
            size={24}
            aria-label="Only lines of this pattern"
            onClick={() => onFilter(addTerm(q, include))}
          >
            <IconPlus size={12} aria-hidden />
          </ActionIcon>
          <ActionIcon
            size={24}
            aria-label="No lines of this pattern"
            onClick={() => onFilter(addTerm(q, `-${include}`))}
          >
            <IconMinus size={12} aria-hidden />
          </ActionIcon>
          {editing ? <RowMenu name={item.name ?? item.pattern} actions={editing.actions(item)} /> : null}
        </span>
      </td>
    </tr>
  );
}
