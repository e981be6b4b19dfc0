import { Select, TextInput } from "@mantine/core";
import type { TemplateField } from "../ci-queries";

/** What was typed for the fields of an event template, by their names. */
export type Texts = Readonly<Record<string, string>>;

/** Turns what was typed into the type of the field; the server checks it. */
function typed(field: TemplateField, text: string): unknown {
  if (field.type === "integer" || field.type === "number")
    return Number.isNaN(Number(text)) ? text : Number(text);
  if (field.type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  return text;
}

/** Returns the values of a template. Fields that are left empty get their default from the server. */
export function valuesOf(fields: readonly TemplateField[], texts: Texts): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const text = texts[field.name] ?? "";
      return text === "" ? [] : [[field.name, typed(field, text)] as const];
    }),
  );
}

/** The fields of an event template as inputs. */
export function TemplateInputs({
  fields,
  texts,
  onType,
}: {
  fields: readonly TemplateField[];
  texts: Texts;
  onType: (name: string, text: string) => void;
}) {
  return fields.map((field) => {
    const fallback = field.default === null || field.default === undefined ? "" : String(field.default);
    return field.enum ? (
      <Select
        key={field.name}
        label={field.name}
        data={field.enum}
        placeholder={fallback}
        required={field.required ?? false}
        value={texts[field.name] ?? null}
        onChange={(value) => onType(field.name, value ?? "")}
      />
    ) : (
      <TextInput
        key={field.name}
        label={field.name}
        description={field.type === "string" ? undefined : field.type}
        placeholder={fallback}
        required={(field.required ?? false) && (field.default ?? null) === null}
        value={texts[field.name] ?? ""}
        onChange={(change) => onType(field.name, change.currentTarget.value)}
      />
    );
  });
}
