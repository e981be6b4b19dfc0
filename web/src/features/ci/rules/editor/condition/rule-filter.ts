import { fieldTerm, quote } from "@/lib/text/filter-text";
import type { RuleSettings } from "../source/rule-source";
import { type Comparison, readCondition } from "./condition";

/** Returns the filter of the lines that a rule on logs watches. What a filter cannot say is left out. */
export function filterOfRule({ filter = {} }: Pick<RuleSettings, "filter">, condition: string): string {
  const terms = [
    anyOf("service_id", filter.services ?? []),
    anyOf("severity", filter.severities ?? []),
    filter.contains ? quote(filter.contains) : "",
    ...(readCondition(condition, "logs") ?? []).map(termOf),
  ];
  return [...new Set(terms)].filter(Boolean).join(" ");
}

function anyOf(field: string, values: readonly string[]): string {
  const terms = values.map((value) => fieldTerm(field, value));
  return terms.length > 1 ? `(${terms.join(" OR ")})` : (terms[0] ?? "");
}

function termOf({ name, operator, value }: Comparison): string {
  if (!name.startsWith("log.")) return "";
  const field = name.slice("log.".length);
  if (field === "message") return operator === "contains" ? quote(value) : "";
  return operator === "is" ? fieldTerm(field, value) : "";
}
