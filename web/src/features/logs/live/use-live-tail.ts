import { useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { isGap, LogTail, type TailItem, type TailSnapshot } from "@/lib/api/log-tail";
import type { Log } from "../log-queries";
import type { ResolvedScope } from "../use-log-scope";

const CLOSED: TailSnapshot = {
  items: [],
  state: "connecting",
  problem: null,
  received: 0,
  skipped: 0,
  rate: 0,
  lagSeconds: null,
};

/** Follows the logs of a filter while `enabled`. A new filter starts a new tail; null until it starts. */
export function useLiveTail(projectId: string, q: string, enabled: boolean): LogTail | null {
  const [tail, setTail] = useState<LogTail | null>(null);
  useEffect(() => {
    if (!enabled) return undefined;
    const created = new LogTail(projectId, q);
    created.start();
    setTail(created);
    return () => {
      created.stop();
      setTail(null);
    };
  }, [projectId, q, enabled]);
  return tail;
}

/** What a tail holds now. Only components that show it use this, because it changes ten times a second. */
export function useTailSnapshot(tail: LogTail | null): TailSnapshot {
  return useSyncExternalStore(tail?.subscribe ?? noSubscription, tail?.snapshot ?? closed);
}

/**
 * Drops the lines of a tail that a search has found, too, before they are painted twice. `stored` is oldest first;
 * `hasMore` says that earlier pages may be loaded.
 */
export function useDiscardStored(tail: LogTail | null, stored: readonly Log[], hasMore: boolean): void {
  useLayoutEffect(() => {
    const ids = stored.map((log) => log.id);
    tail?.discard(ids, hasMore ? stored[0]?.timestamp : undefined);
  }, [tail, stored, hasMore]);
}

type Kept = { items: readonly TailItem[]; until: ResolvedScope | null };
const NOTHING: Kept = { items: [], until: null };

/**
 * Returns the lines that arrived (undefined: the tail has ended). After the tail, these are the lines that the search at
 * its end did not find yet, until the next search.
 */
export function useArrivedLines(
  arrived: readonly TailItem[] | undefined,
  resolved: ResolvedScope,
  stored: readonly Log[],
): readonly TailItem[] {
  const kept = useRef<Kept>(NOTHING);
  const filter = `${resolved.scope.project_id}\n${resolved.scope.q}`;
  const followed = useRef(filter);
  if (arrived) {
    kept.current = { items: arrived, until: null };
    followed.current = filter;
  } else if (followed.current !== filter || (kept.current.until ?? resolved) !== resolved) {
    kept.current = NOTHING;
  } else if (kept.current !== NOTHING) {
    kept.current.until = resolved;
  }
  const { items } = kept.current;
  return useMemo(() => {
    if (arrived || items.length === 0) return items;
    const found = new Set(stored.map((log) => log.id));
    const start = resolved.start?.getTime() ?? Number.NEGATIVE_INFINITY;
    return items.filter((item) => !isGap(item) && !found.has(item.id) && Date.parse(item.timestamp) >= start);
  }, [arrived, items, stored, resolved]);
}

const noSubscription = () => () => undefined;
const closed = () => CLOSED;

/** Counts the lines that arrived since the list left its end. */
export function useNewLines(received: number, atEnd: boolean): number {
  const seen = useRef(received);
  if (atEnd || received < seen.current) seen.current = received;
  return received - seen.current;
}
