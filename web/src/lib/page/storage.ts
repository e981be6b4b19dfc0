import { useCallback, useSyncExternalStore } from "react";

/** Everything that this browser remembers. What a link has to carry is in the address instead. */
const KEYS = {
  theme: "logloop.theme",
  zone: "logloop.zone",
  project: "logloop.project",
  wrap: "logloop.logs.wrap",
  density: "logloop.logs.density",
  facets: "logloop.logs.facets",
  recentFilters: "logloop.logs.recent",
  panelWidth: "logloop.analyze.width",
  drafts: "logloop.drafts",
} as const;
export type StorageKey = keyof typeof KEYS;

const listeners = new Set<() => void>();

export function readStored(key: StorageKey): string | null {
  try {
    return localStorage.getItem(KEYS[key]);
  } catch {
    return null; // Storage may be blocked.
  }
}

export function writeStored(key: StorageKey, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(KEYS[key]);
    else localStorage.setItem(KEYS[key], value);
  } catch {
    // Storage may be blocked or full; the choice then lasts until the page is closed.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

/** A remembered choice and its setter. A value that is no longer a choice counts as the first one. */
export function useStoredChoice<T extends string>(
  key: StorageKey,
  choices: readonly [T, ...T[]],
): [T, (value: T) => void] {
  const stored = useSyncExternalStore(subscribe, () => readStored(key));
  const set = useCallback((value: T) => writeStored(key, value), [key]);
  return [choices.find((choice) => choice === stored) ?? choices[0], set];
}
