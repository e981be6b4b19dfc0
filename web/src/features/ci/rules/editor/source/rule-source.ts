import type { RuleDraft } from "@/features/ci/rules/rule-queries";
import { quote } from "@/lib/text/filter-text";
import { compactAction } from "../action/rule-actions";
import { writeCondition } from "../condition/condition";

/** A rule as it is edited: the condition in CEL, and every other field as JSON. The form is a view of these texts. */
export type RuleSource = { condition: string; settings: string };
export type RuleSettings = Omit<RuleDraft, "condition" | "enabled">;

const DEFAULTS: RuleSettings = {
  name: "",
  description: "",
  on: "logs",
  filter: {},
  window: "5m",
  cooldown: "15m",
  budget: { per_hour: 4, per_day: 20 },
  max_hops: 1,
  allow_own_runs: false,
  dry_run: false,
  action: { pipeline_id: "" },
};

/** Leaves out what is empty, so that the text shows what was chosen. */
function compact(settings: RuleSettings): RuleSettings {
  const filter = Object.fromEntries(
    Object.entries(settings.filter ?? {}).filter(([, value]) =>
      Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined && value !== "",
    ),
  );
  return { ...settings, filter, action: compactAction(settings.action) };
}

export function writeSettings(settings: RuleSettings): string {
  return JSON.stringify(compact(settings), null, 2);
}

/** Returns the texts of a rule. Whether it is on is not part of them: that is chosen when it is saved. */
export function sourceOf({ condition = "true", enabled, ...settings }: RuleDraft): RuleSource {
  return { condition, settings: writeSettings({ ...DEFAULTS, ...settings }) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads the settings. What has another type than expected is left to the server, which names the field. */
export function readSettings(text: string): { settings: RuleSettings | null; error: string | null } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { settings: null, error: error instanceof Error ? error.message : "This is not JSON." };
  }
  if (!isObject(parsed)) return { settings: null, error: "The settings are one object: { … }." };
  if (parsed.condition !== undefined) {
    return { settings: null, error: "The condition has its own field above." };
  }
  if (!isObject(parsed.action)) return { settings: null, error: 'There must be an "action".' };
  if (parsed.filter !== undefined && !isObject(parsed.filter)) {
    return { settings: null, error: '"filter" must be an object.' };
  }
  if (parsed.budget !== undefined && !isObject(parsed.budget)) {
    return { settings: null, error: '"budget" must be an object.' };
  }
  return { settings: parsed as RuleSettings, error: null };
}

/** Returns the rule that a source describes, or null while its settings cannot be read. */
export function draftOfSource({ condition, settings }: RuleSource): RuleDraft | null {
  const read = readSettings(settings).settings;
  return read ? { ...read, condition } : null;
}

/** What a page that offers "a rule from this" knows about it. */
export type RulePrefill = {
  q?: string | undefined;
  service?: string | undefined;
  pattern?: string | undefined;
  /** A message of which the longest constant part is watched. */
  text?: string | undefined;
  severity?: string | undefined;
  analysis?: string | undefined;
};

const isSeverity = (text: string) => ["debug", "info", "warn", "error"].includes(text);

/** Returns a first version of a rule about a line, a finding or an analysis. */
export function prefilled(prefill: RulePrefill, pipeline: string | undefined): RuleSource {
  const { service, pattern, severity, q } = prefill;
  const constant = prefill.text ? constantPart(prefill.text) : "";
  const rows = [
    ...(severity && isSeverity(severity)
      ? [{ name: "log.severity", operator: "is" as const, value: severity }]
      : []),
    ...(pattern ? [{ name: "log.pattern", operator: "is" as const, value: pattern }] : []),
    ...(constant && !pattern
      ? [{ name: "log.message", operator: "contains" as const, value: constant }]
      : []),
    { name: "stats.count", operator: ">" as const, value: "5" },
  ];
  const description = [
    prefill.analysis ? `From analysis ${prefill.analysis}.` : "",
    q ? `Made from the search ${quote(q)}.` : "",
  ]
    .filter(Boolean)
    .join(" ");
  return sourceOf({
    ...DEFAULTS,
    name: nameOf(prefill),
    description,
    condition: writeCondition(rows),
    filter: service ? { services: [service] } : {},
    action: { pipeline_id: pipeline ?? "" },
  });
}

/** Returns the longest part of a message without a digit, which other lines of its kind contain as well. */
export function constantPart(message: string): string {
  const parts = message.split(/\s*\S*\d\S*\s*/).map((part) => part.trim());
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), "").slice(0, 100);
}

function nameOf({ service, pattern, severity, text }: RulePrefill): string {
  const words = pattern?.replaceAll("<*>", "…") ?? (text ? constantPart(text) : "");
  const what = words.slice(0, 60) || (severity ? `${severity} lines` : "");
  return [service, what].filter(Boolean).join(": ").slice(0, 100);
}

/** Where a check failed in the condition, and what is wrong. Rows and columns count from 1. */
export type ConditionError = { text: string; line?: number; column?: number };

/** Sorts the errors of a check: those of the condition with their place, those of the action, and all others. */
export function sortErrors(errors: readonly string[]): {
  condition: ConditionError[];
  action: string[];
  other: string[];
} {
  const sorted = { condition: [] as ConditionError[], action: [] as string[], other: [] as string[] };
  for (const error of errors) {
    const [, line, column, text] = /^line (\d+), column (\d+): (.*)$/s.exec(error) ?? [];
    if (line && column && text) {
      sorted.condition.push({ text, line: Number(line), column: Number(column) });
    } else if (/^there is no (pipeline|template|receiver) /.test(error)) sorted.action.push(error);
    else if (/allow_own_runs|filter\.pipelines/.test(error)) sorted.other.push(error);
    else sorted.condition.push({ text: error });
  }
  return sorted;
}
