import type { TemplateField } from "../ci-queries";

export const TYPES = ["string", "integer", "number", "boolean", "timestamp", "lines"] as const;
export type FieldType = (typeof TYPES)[number];

/** Sources that the server fills from what made a rule fire, besides log.attributes.<key>. */
export const SOURCES = [
  "log.id",
  "log.service_id",
  "log.test_id",
  "log.func_id",
  "log.severity",
  "log.source",
  "log.timestamp",
  "log.message",
  "log.pattern",
  "logs.recent",
  "stats.count",
  "stats.rate",
  "stats.services",
  "stats.window_s",
  "analysis.id",
  "analysis.verdict",
  "analysis.findings",
  "analysis.top_score",
  "run.id",
  "run.repository",
  "run.workflow",
  "run.conclusion",
  "run.attempt",
  "run.log_count",
  "rule.id",
  "rule.name",
  "project.id",
  "link",
] as const;

/** A field as it is edited: everything is a text. */
export type FieldText = {
  key: number;
  name: string;
  type: FieldType;
  source: string;
  default: string;
  required: boolean;
  choices: string;
};

export function textOf(field: TemplateField, key: number): FieldText {
  return {
    key,
    name: field.name,
    type: field.type ?? "string",
    source: field.source ?? "",
    default:
      field.default === null || field.default === undefined
        ? ""
        : typeof field.default === "string"
          ? field.default
          : JSON.stringify(field.default),
    required: field.required ?? false,
    choices: field.enum?.join(", ") ?? "",
  };
}

/** Turns a text into the type of its field; the server checks what it is not. */
export function typedText(type: FieldType, text: string): string | number | boolean {
  if ((type === "integer" || type === "number") && text.trim() !== "" && !Number.isNaN(Number(text))) {
    return Number(text);
  }
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

export function fieldOf(text: FieldText, before: TemplateField | undefined): TemplateField {
  const choices = text.choices
    .split(",")
    .map((choice) => choice.trim())
    .filter(Boolean);
  return {
    name: text.name,
    type: text.type,
    source: text.source || null,
    default: text.default === "" ? null : typedText(text.type, text.default),
    required: text.required,
    enum: choices.length > 0 ? choices : null,
    ...(before?.max_length ? { max_length: before.max_length } : {}),
    ...(before?.description ? { description: before.description } : {}),
  };
}

/** Values for a sample payload, by source. */
const SAMPLES: Record<string, string | number> = {
  "log.id": "q5hh7441gvbmd7n4q6qevjlo08-79c81-16c6",
  "log.service_id": "payment",
  "log.test_id": "tests/test_pay.py::test_charge",
  "log.func_id": "tests.test_pay:test_charge",
  "log.severity": "error",
  "log.source": "app",
  "log.timestamp": "2026-01-31T12:00:00Z",
  "log.message": "connection to provider timed out after 30141 ms",
  "log.pattern": "connection to provider timed out after <*> ms",
  "stats.count": 6,
  "stats.rate": 1.2,
  "stats.services": 1,
  "stats.window_s": 300,
  "analysis.verdict": "likely",
  "analysis.findings": 2,
  "analysis.top_score": 0.9,
  "run.id": "9184451",
  "run.repository": "acme/shop",
  "run.workflow": "diagnose.yml",
  "run.conclusion": "failure",
  "run.attempt": 1,
  "run.log_count": 31,
  "rule.name": "Payment time-outs",
  link: "https://logloop.example/projects/shop/logs/1",
};
const TYPE_SAMPLES: Record<FieldType, string | number | boolean | string[]> = {
  string: "sample",
  integer: 1,
  number: 1.5,
  boolean: true,
  timestamp: "2026-01-31T12:00:00Z",
  lines: ["sample"],
};

/** Returns sample values for the fields of a template, by field name. */
export function sampleValues(fields: readonly TemplateField[]): Record<string, unknown> {
  return Object.fromEntries(
    fields.map((field) => {
      const first = field.enum?.[0];
      const sample = field.source ? SAMPLES[field.source] : undefined;
      const type = field.type ?? "string";
      const fits = type === "string" || typeof sample === typeof TYPE_SAMPLES[type];
      // The server refuses characters in given values that it replaces in values from logs.
      const value = sample !== undefined && fits ? sample : TYPE_SAMPLES[type];
      return [field.name, first ?? value];
    }),
  );
}
