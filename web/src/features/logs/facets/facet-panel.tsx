import { ActionIcon, Menu } from "@mantine/core";
import { IconMinus, IconPlus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { SEVERITIES, SeverityMark, severityFill } from "@/components/severity";
import { addTerm, fieldTerm, hasTerm, removeTerm } from "@/lib/text/filter-text";
import { printable } from "@/lib/text/printable";
import { formatCount, formatShortCount } from "@/lib/time/time";
import { attributeNamesOptions, type FacetField, facetsOptions, type LogScope } from "../log-queries";
import classes from "./facet-panel.module.css";

const FIELDS: [FacetField, string][] = [
  ["severity", "Severity"],
  ["service_id", "Service"],
  ["test_id", "Test"],
  ["func_id", "Function"],
  ["source", "Source"],
];
const SHOWN = 6;
const MAX_ATTRIBUTES = 5;

type FacetPanelProps = {
  scope: LogScope;
  onFilter: (filter: string) => void;
  enabled: boolean;
  /** Whether the page says already what is wrong. */
  silent: boolean;
  /** Attributes with counts of their own, as "attributes.<path>". */
  attributes: readonly string[];
  onAttributes: (attributes: string[]) => void;
};

/** Counts of the whole selected range by field, from the server. A click changes the filter text. */
export function FacetPanel(props: FacetPanelProps) {
  const { scope, onFilter, enabled, attributes, onAttributes } = props;
  const wanted: [FacetField, string][] = [
    ...FIELDS,
    ...attributes.map((name): [FacetField, string] => [name, name.replace(/^attributes\./, "")]),
  ];
  const facets = useQuery({
    ...facetsOptions(
      scope,
      wanted.map(([field]) => field),
      50,
    ),
    enabled,
  });
  if (facets.error && !facets.data && enabled) {
    if (props.silent) return null;
    return <ProblemNotice error={facets.error} onRetry={() => void facets.refetch()} />;
  }
  if (!facets.data) return null;
  const { fields, total, partial } = facets.data;
  return (
    <>
      {wanted.map(([field, name]) => {
        const values = fields[field] ?? [];
        const known = values.filter(({ value }) => value !== null);
        const isAttribute = attributes.includes(field);
        if (known.length === 0 && field !== "severity" && !isAttribute) return null;
        return (
          <FacetGroup
            key={field}
            field={field}
            name={name}
            values={field === "severity" ? orderSeverities(values) : known}
            total={total}
            q={scope.q}
            onFilter={onFilter}
            onRemove={
              isAttribute ? () => onAttributes(attributes.filter((item) => item !== field)) : undefined
            }
          />
        );
      })}
      {partial ? (
        <p className={classes.note}>A limit ended the count early; the numbers are too low.</p>
      ) : null}
      {attributes.length < MAX_ATTRIBUTES ? (
        <AddAttribute
          scope={scope}
          shown={attributes}
          onAdd={(name) => onAttributes([...attributes, name])}
        />
      ) : null}
    </>
  );
}

/** Chooses an attribute to count by. */
function AddAttribute({
  scope,
  shown,
  onAdd,
}: {
  scope: LogScope;
  shown: readonly string[];
  onAdd: (name: string) => void;
}) {
  const [opened, setOpened] = useState(false);
  const names = useQuery({ ...attributeNamesOptions(scope), enabled: opened });
  const choices = (names.data?.items ?? []).filter(({ name }) => !shown.includes(`attributes.${name}`));
  return (
    <Menu opened={opened} onChange={setOpened} position="right-end">
      <Menu.Target>
        <button type="button" className={classes.add}>
          <IconPlus size={12} aria-hidden /> Any attribute
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={360} className={classes.choices}>
        <Menu.Label>Count by</Menu.Label>
        {choices.map(({ name, count }) => (
          <Menu.Item
            key={name}
            rightSection={<span className="muted small">{formatShortCount(count)}</span>}
            onClick={() => onAdd(`attributes.${name}`)}
          >
            {name}
          </Menu.Item>
        ))}
        {names.isPending ? <Menu.Label>Reading the attributes…</Menu.Label> : null}
        {names.data && choices.length === 0 ? (
          <Menu.Label>These lines have no other attributes.</Menu.Label>
        ) : null}
        {names.error ? <Menu.Label>The attributes could not be read.</Menu.Label> : null}
      </Menu.Dropdown>
    </Menu>
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
  onRemove,
}: {
  field: string;
  name: string;
  values: Value[];
  total: number;
  q: string;
  onFilter: (filter: string) => void;
  onRemove?: (() => void) | undefined;
}) {
  const [expanded, setExpanded] = useState(false);
  const shown = expanded ? values : values.slice(0, SHOWN);
  const max = Math.max(1, ...values.map(({ count }) => count));
  return (
    <section className={classes.group} aria-label={name}>
      <h2>
        {name}
        <span>
          {field === "severity" ? formatCount(total) : formatCount(values.length)}
          {onRemove ? (
            <ActionIcon size={16} aria-label={`Do not count by ${name}`} onClick={onRemove}>
              <IconX size={11} aria-hidden />
            </ActionIcon>
          ) : null}
        </span>
      </h2>
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
        title={printable(value)}
        aria-pressed={isOn}
        onClick={() => toggle(include)}
      >
        {field === "severity" ? <SeverityMark severity={value} word="full" /> : printable(value)}
      </button>
      <span className={classes.tools}>
        <ActionIcon size={24} aria-label={`Only ${printable(value)}`} onClick={() => toggle(include)}>
          <IconPlus size={12} aria-hidden />
        </ActionIcon>
        <ActionIcon size={24} aria-label={`Without ${printable(value)}`} onClick={() => toggle(exclude)}>
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
