import { useQuery } from "@tanstack/react-query";
import { readStored, writeStored } from "@/lib/page/storage";
import { quote } from "@/lib/text/filter-text";
import { formatCount } from "@/lib/time/time";
import { attributeNamesOptions, type FacetField, facetsOptions, type LogScope } from "../log-queries";

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
  ["word", "a whole word of the line, such as an id", null],
  ["timestamp", "lines by time", null],
  ["id", "one line", null],
];
const MAX_RECENT = 20;
const MAX_ATTRIBUTES = 20;

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

/** Returns what may complete `word`: fields, values of a field, attributes, recent and saved filters. */
export function useSuggestions(
  word: string,
  scope: LogScope,
  saved: readonly { name: string; q: string }[],
  enabled: boolean,
): Suggestion[] {
  const bare = word.replace(/^-/, "");
  const prefix = word.startsWith("-") ? "-" : "";
  const colon = bare.indexOf(":");
  const name = colon < 0 ? bare : bare.slice(0, colon);
  const typed = colon < 0 ? null : bare.slice(colon + 1);
  const field = typed === null ? null : fieldOf(name);
  const values = useQuery({
    ...facetsOptions({ ...scope, q: "" }, [field ?? "severity"], 100),
    enabled: enabled && field !== null,
  });
  const attributes = useQuery({
    ...attributeNamesOptions({ ...scope, q: "" }),
    enabled: enabled && typed === null,
  });
  if (!enabled) return [];
  const lower = bare.toLowerCase();
  if (typed !== null) {
    if (field === null) return [];
    const wanted = typed.replace(/^"/, "").toLowerCase();
    return (values.data?.fields[field] ?? []).flatMap(({ value, count }): Suggestion[] => {
      if (!value?.toLowerCase().includes(wanted)) return [];
      const text = `${prefix}${name}:${quote(value)}`;
      return [{ id: text, group: "Values", text, note: `${formatCount(count)} lines`, kind: "term" }];
    });
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
  const names = (attributes.data?.items ?? [])
    .filter(({ name: path }) => path.toLowerCase().includes(lower.replace(/^attributes\./, "")))
    .slice(0, MAX_ATTRIBUTES)
    .map(
      ({ name: path, count }): Suggestion => ({
        id: `attribute-${path}`,
        group: "Attributes",
        text: `${prefix}attributes.${path}:`,
        note: `${formatCount(count)} lines`,
        kind: "field",
      }),
    );
  const views = saved
    .filter((view) => view.q !== "" && `${view.name} ${view.q}`.toLowerCase().includes(lower))
    .map(
      ({ name: title, q }): Suggestion => ({
        id: `saved-${title}`,
        group: "Recent and saved",
        text: q,
        note: title,
        kind: "filter",
      }),
    );
  const recent = recentFilters()
    .filter((filter) => filter.toLowerCase().includes(lower))
    .slice(0, 6)
    .map(
      (text): Suggestion => ({
        id: `recent-${text}`,
        group: "Recent and saved",
        text,
        note: "recent",
        kind: "filter",
      }),
    );
  return [...fields, ...names, ...views, ...recent];
}

/** Returns the field of the API by whose values a term is completed, or null when it has none. */
function fieldOf(name: string): FacetField | null {
  const known = FIELDS.find(([key]) => key === name);
  return known ? known[2] : name.startsWith("attributes.") ? name : null;
}
