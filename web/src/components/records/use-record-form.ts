import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, useState } from "react";
import { ApiProblem } from "@/lib/api/problem";
import { readDraft, writeDraft } from "@/lib/page/drafts";

type Names<V, Kind> = { [Name in keyof V]: V[Name] extends Kind ? Name : never }[keyof V] & string;
type FieldError = { error: string | undefined };

export type RecordForm<V extends object> = {
  values: V;
  set: <Name extends keyof V & string>(name: Name, value: V[Name]) => void;
  setAll: (values: Partial<V>) => void;
  /** Properties of an input of a text. */
  text: (name: Names<V, string>) => FieldError & {
    value: string;
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => void;
  };
  /** Properties of an input that sets a text by value, such as a Select. */
  choice: (name: Names<V, string>) => FieldError & {
    value: string;
    onChange: (value: string | null) => void;
  };
  /** What the server or the page refused at a field. */
  errorOf: (name: string) => string | undefined;
};

/** Returns the field of a form that a violation belongs to: "body.projects.0.role" is "projects". */
export function formField(field: string): string {
  const parts = field.split(".");
  return (parts[0] === "body" ? parts[1] : parts[0]) ?? "";
}

/** Replaces the regular expression in a reason, which says little to most people, and the name of an exception. */
function readableReason(reason: string): string {
  return /^String should match pattern/.test(reason)
    ? "This value is not valid here."
    : reason.replace(/^Value error, /, "");
}

export type RecordFormOptions<V extends object> = {
  initial: V;
  /** Names the draft. Without it, nothing that is typed is remembered. */
  draftId?: string | undefined;
  /** Fields that are never part of a draft. */
  secrets?: readonly (keyof V & string)[];
  /** Returns the field of the form that a violation belongs to. Without it, the first part of its path. */
  fieldOf?: ((field: string) => string) | undefined;
  save: (values: V) => Promise<unknown>;
};

/** The values of a form, where its errors belong, and its draft. */
export function useRecordForm<V extends object>(options: RecordFormOptions<V>) {
  const { initial, draftId, secrets = [], fieldOf = formField, save } = options;
  const [draft, setDraft] = useState(() => (draftId ? readDraft(draftId, initial) : null));
  const [values, setValues] = useState<V>(draft ?? initial);
  const mutation = useMutation({
    mutationFn: save,
    onSuccess: () => {
      if (draftId) writeDraft(draftId, null);
    },
  });
  const problem = mutation.error instanceof ApiProblem ? mutation.error : null;
  const errorOf = (name: string) => {
    const found = problem?.violations.find((violation) => fieldOf(violation.field) === name);
    return found && readableReason(found.reason);
  };
  const setAll: RecordForm<V>["setAll"] = (changed) => {
    const next = { ...values, ...changed };
    setValues(next);
    const kept = Object.entries(next).filter(([field]) => !secrets.some((secret) => secret === field));
    if (draftId) writeDraft(draftId, Object.fromEntries(kept));
  };
  const set: RecordForm<V>["set"] = (name, value) => setAll({ [name]: value } as unknown as Partial<V>);
  const textOf = (name: Names<V, string>) => values[name] as string;
  const form: RecordForm<V> = {
    values,
    set,
    setAll,
    errorOf,
    text: (name) => ({
      value: textOf(name),
      onChange: (event) => set(name, event.currentTarget.value as V[typeof name]),
      error: errorOf(name),
    }),
    choice: (name) => ({
      value: textOf(name),
      onChange: (value) => set(name, (value ?? "") as V[typeof name]),
      error: errorOf(name),
    }),
  };
  return {
    form,
    mutation,
    hasDraft: draft !== null,
    /** Whether every reason of a refusal stands at a field of the form. */
    areErrorsShown:
      problem !== null &&
      problem.violations.length > 0 &&
      problem.violations.every(({ field }) => fieldOf(field) in initial),
    discard: () => {
      if (draftId) writeDraft(draftId, null);
      setDraft(null);
      setValues(initial);
      mutation.reset();
    },
  };
}
