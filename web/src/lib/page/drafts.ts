import { readStored, writeStored } from "./storage";

// What the user typed into a form and did not save yet. It survives a reload and the end of a session.
type Drafts = Record<string, Record<string, unknown>>;

const MAX_DRAFTS = 20;

function readAll(): Drafts {
  try {
    const parsed: unknown = JSON.parse(readStored("drafts") ?? "{}");
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as Drafts) : {};
  } catch {
    return {};
  }
}

function sameKind(value: unknown, model: unknown): boolean {
  return Array.isArray(model)
    ? Array.isArray(value) && value.every((item) => typeof item === "string")
    : typeof value === typeof model && value !== null;
}

/** Returns `initial` with what the draft holds, or null when there is no draft. Unknown parts are left out. */
export function readDraft<V extends object>(id: string, initial: V): V | null {
  const draft = readAll()[id];
  if (typeof draft !== "object" || draft === null) return null;
  const known = Object.entries(initial).flatMap(([name, model]) =>
    name in draft && sameKind(draft[name], model) ? [[name, draft[name]] as const] : [],
  );
  return known.length > 0 ? { ...initial, ...Object.fromEntries(known) } : null;
}

export function writeDraft(id: string, values: object | null): void {
  const others = Object.entries(readAll()).filter(([other]) => other !== id);
  const kept = values
    ? [...others.slice(1 - MAX_DRAFTS), [id, values] as [string, Record<string, unknown>]]
    : others;
  writeStored("drafts", kept.length > 0 ? JSON.stringify(Object.fromEntries(kept)) : null);
}
