import { ActionIcon } from "@mantine/core";
import { IconMinus, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ProblemNotice } from "@/components/notice";
import { SEVERITIES, SeverityMark, severityFill } from "@/components/severity";
import { addTerm, fieldTerm, hasTerm, removeTerm } from "@/lib/filter-text";
import { formatCount, formatShortCount } from "@/lib/time";
import { type FacetField, facetsOptions, type LogScope } from "../log-queries";
import classes from "./facet-panel.module.css";

const FIELDS: [FacetField, string][] = [
  ["severity", "Severity"],
  ["service_id", "Service"],
  ["test_id", "Test"],
  ["func_id", "Function"],
  ["source", "Source"],
];
const SHOWN = 6;

type FacetPanelProps = { scope: LogScope; onFilter: (filter: string) => void; enabled: boolean };

/** Counts of the whole selected range by field, from the server. A click changes the filter text. */
export function FacetPanel({ scope, onFilter, enabled }: FacetPanelProps) {
  const facets = useQuery({
    ...facetsOptions(
      scope,
      FIELDS.map(([field]) => field),
      50,
    ),
    enabled,
  });
  if (facets.error && !facets.data && enabled)
    return <ProblemNotice error={facets.error} onRetry={() => void facets.refetch()} />;
  if (!facets.data) return null;
  const { fields, total, partial } = facets.data;
  return (
    <>
      {FIELDS.map(([field, name]) => {
        const values = fields[field] ?? [];
        const known = values.filter(({ value }) => value !== null);
        if (known.length === 0 && field !== "severity") return null;
        return (
          <FacetGroup
            key={field}
            field={field}
            name={name}
            values={field === "severity" ? orderSeverities(values) : known}
            total={total}
            q={scope.q}
            onFilter={onFilter}
          />
        );
      })}
      {partial ? (
        <p className={classes.note}>A limit ended the count early; the numbers are too low.</p>
      ) : null}
    </>
  );
}

type Value = { value: string | null; count: number };

function orderSeverities(values: Value[]): Value[] {
  return SEVERITIES.map(
    (severity) => values.find(({ value }) => value === severity) ?? { value: severity, count: 0 },
  );
}

function FacetGroup({
  field,
  name,
  values,
  total,
  q,
  onFilter,
}: {
  field: string;
  name: string;
  values: Value[];
  total: number;
  q: string;
  onFilter: (filter: string) => void;
}) {
  const [expanded, setExpanded] = useState(false);
  const shown = expanded ? values : values.slice(0, SHOWN);
  const max = Math.max(1, ...values.map(({ count }) => count));
  return (
    <section className={classes.group} aria-label={name}>
      <h3>
        {name}
        <span>{field === "severity" ? formatCount(total) : formatCount(values.length)}</span>
      </h3>
      {shown.map(({ value, count }) => (
        <FacetValue
          key={value}
          field={field}
          value={value ?? ""}
          count={count}
          share={count / max}
          q={q}
          onFilter={onFilter}
        />
      ))}
      {values.length > SHOWN ? (
        <button type="button" className={classes.more} onClick={() => setExpanded(!expanded)}>
          {expanded ? "Fewer" : `${values.length - SHOWN} more`}
        </button>
      ) : null}
    </section>
  );
}

function FacetValue({
  field,
  value,
  count,
  share,
  q,
  onFilter,
}: {
  field: string;
  value: string;
  count: number;
  share: number;
  q: string;
  onFilter: (filter: string) => void;
}) {
  const include = fieldTerm(field, value);
  const exclude = fieldTerm(field, value, true);
  const isOn = hasTerm(q, include);
  const toggle = (term: string) => onFilter(hasTerm(q, term) ? removeTerm(q, term) : addTerm(q, term));
  return (
    <div className={classes.value} data-on={isOn || undefined}>
      <button
        type="button"
        className={classes.name}
        title={value}
        aria-pressed={isOn}
        onClick={() => toggle(include)}
      >
        {field === "severity" ? <SeverityMark severity={value} word="full" /> : value}
      </button>
      <span className={classes.tools}>
        <ActionIcon size={18} aria-label={`Only ${value}`} onClick={() => toggle(include)}>
          <IconPlus size={12} aria-hidden />
        </ActionIcon>
        <ActionIcon size={18} aria-label={`Without ${value}`} onClick={() => toggle(exclude)}>
          <IconMinus size={12} aria-hidden />
        </ActionIcon>
      </span>
      <i
        className={classes.bar}
        style={{
          width: Math.max(count > 0 ? 2 : 0, Math.round(share * 40)),
          background: field === "severity" ? severityFill(value) : undefined,
        }}
      />
      <span className={classes.count} title={`${formatCount(count)} lines`}>
        {formatShortCount(count)}
      </span>
    </div>
  );
}
