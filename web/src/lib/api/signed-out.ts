import { useSyncExternalStore } from "react";

// Whether the session ended while the page was open. The page then asks for the password in place.
let signedOut = false;
const listeners = new Set<() => void>();

function set(value: boolean): void {
  if (signedOut === value) return;
  signedOut = value;
  for (const listener of listeners) listener();
}

export const reportSignedOut = (): void => set(true);
export const reportSignedIn = (): void => set(false);

export function useSignedOut(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => signedOut,
  );
}
