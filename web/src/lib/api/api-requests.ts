import { useEffect, useSyncExternalStore } from "react";

/** A request that the page made, to be repeated from a terminal. */
export type ApiRequest = { name: string; method: "GET" | "POST"; path: string; operation: string };

let current: readonly ApiRequest[] = [];
const listeners = new Set<() => void>();

function publish(requests: readonly ApiRequest[]): void {
  current = requests;
  for (const listener of listeners) listener();
}

/** Tells "View as API" which requests the page shows. */
export function useApiRequests(requests: readonly ApiRequest[]): void {
  const text = JSON.stringify(requests);
  useEffect(() => {
    publish(JSON.parse(text) as ApiRequest[]);
    return () => publish([]);
  }, [text]);
}

export function useCurrentApiRequests(): readonly ApiRequest[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}

/** Returns the path of an operation with its parameters; those without a value are left out. */
export function pathWith(path: string, params: Record<string, string | number | undefined>): string {
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return query ? `${path}?${query}` : path;
}

/** Returns the shell command that repeats a request with an API key. */
export function curlCommand(request: ApiRequest, origin: string): string {
  const method = request.method === "GET" ? "" : ` -X ${request.method}`;
  return `curl${method} -H "Authorization: Bearer $LOGLOOP_API_KEY" '${origin}${request.path.replaceAll("'", "%27")}'`;
}
