import { useQuery } from "@tanstack/react-query";
import { quote } from "@/lib/filter-text";
import { readStored, writeStored } from "@/lib/storage";
import { formatCount } from "@/lib/time";
import { flattenAttributes } from "../list/rows";
import { type FacetField, facetsOptions, type Log, type LogScope } from "../log-queries";

/** A completion of the word under the cursor, or a whole filter. */
export type Suggestion = {
  id: string;
  group: string;
  text: string;
  note: string;
  kind: "field" | "term" | "filter";
};

const FIELDS: [name: string, note: string, field: FacetField | null][] = [
  ["severity", "error, warn, info, debug; >=warn works too", "severity"],
  ["service", "the program that wrote the line", "service_id"],
  ["test", "the test that wrote the line", "test_id"],
  ["func", "the function that wrote the line", "func_id"],
  ["source", "where the line came from", "source"],
  ["pattern", "lines of one message pattern", null],
  ["timestamp", "lines by time", null],
  ["id", "one line", null],
];
const MAX_RECENT = 20;

export function recentFilters(): string[] {
  try {
    const stored: unknown = JSON.parse(readStored("recentFilters") ?? "[]");
    return Array.isArray(stored) ? stored.filter((item): item is string => typeof item === "string") : [];
  } catch {
    return [];
  }
}

export function rememberFilter(filter: string): void {
  if (!filter.trim()) return;
  const kept = recentFilters().filter((item) => item !== filter);
  writeStored("recentFilters", JSON.stringify([filter, ...kept].slice(0, MAX_RECENT)));
}

/** Returns what may complete `word`: fields, values of a field, attributes seen in `logs`, recent and saved filters. */
export function useSuggestions(
  word: string,
  scope: LogScope,
  logs: readonly Log[],
  saved: readonly { name: string; q: string }[],
  enabled: boolean,
): Suggestion[] {
  const bare = word.replace(/^-/, "");
  const prefix = word.startsWith("-") ? "-" : "";
  const [name, typed] = bare.includes(":")
    ? [bare.slice(0, bare.indexOf(":")), bare.slice(bare.indexOf(":") + 1)]
    : [bare, null];
  const field = typed === null ? null : (FIELDS.find(([key]) => key === name)?.[2] ?? null);
  const values = useQuery({
    ...facetsOptions({ ...scope, q: "" }, field ? [field] : ["severity"], 100),
    enabled: enabled && field !== null,
  });
  if (!enabled) return [];
  const lower = bare.toLowerCase();
  if (typed !== null) {
    const wanted = typed.replace(/^"/, "").toLowerCase();
    if (field) {
      return (values.data?.fields[field] ?? []).flatMap(({ value, count }): Suggestion[] =>
        value?.toLowerCase().includes(wanted)
          ? [
              {
                id: `${name}:${value}`,
                group: "Values",
                text: `${prefix}${name}:${quote(value)}`,
                note: `${formatCount(count)} lines`,
                kind: "term",
              },
            ]
          : [],
      );
    }
    return attributeValues(logs, name)
      .filter(([value]) => value.toLowerCase().includes(wanted))
      .slice(0, 20)
      .map(([value, count]) => ({
        id: `${name}:${value}`,
        group: "Values in the loaded lines",
        text: `${prefix}${name}:${quote(value)}`,
        note: `${formatCount(count)} lines`,
        kind: "term",
      }));
  }
  const fields = FIELDS.filter(([key]) => key.includes(lower)).map(
    ([key, note]): Suggestion => ({
      id: `field-${key}`,
      group: "Fields",
      text: `${prefix}${key}:`,
      note,
      kind: "field",
    }),
  );
  const attributes = attributeNames(logs)
    .filter(([path]) => path.toLowerCase().includes(lower))
    .slice(0, 12)
    .map(
      ([path, count]): Suggestion => ({
        id: `attribute-${path}`,
        group: "Attributes of the loaded lines",
        text: `${prefix}attributes.${path}:`,
        note: `${formatCount(count)} lines`,
        kind: "field",
      }),
    );
  const filters = [
    ...saved
      .filter((view) => `${view.name} ${view.q}`.toLowerCase().includes(lower))
      .map(
        (view): Suggestion => ({
          id: `saved-${view.name}`,
          group: "Recent and saved",
          text: view.q,
          note: view.name,
          kind: "filter",
        }),
      ),
    ...recentFilters()
      .filter((filter) => filter.toLowerCase().includes(lower))
      .slice(0, 6)
      .map(
        (filter): Suggestion => ({
          id: `recent-${filter}`,
          group: "Recent and saved",
          text: filter,
          note: "recent",
          kind: "filter",
        }),
      ),
  ];
  return [...fields, ...attributes, ...filters];
}

const SAMPLE = 500;

function count(entries: Iterable<string>): [string, number][] {
  const counts = new Map<string, number>();
  for (const entry of entries) counts.set(entry, (counts.get(entry) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function attributeNames(logs: readonly Log[]): [string, number][] {
  return count(logs.slice(-SAMPLE).flatMap((log) => flattenAttributes(log.attributes).map(([path]) => path)));
}

function attributeValues(logs: readonly Log[], name: string): [string, number][] {
  const path = name.replace(/^attributes\./, "");
  return count(
    logs.slice(-SAMPLE).flatMap((log) =>
      flattenAttributes(log.attributes)
        .filter(([key]) => key === path)
        .map(([, value]) => value),
    ),
  );
}
