import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { content, query } from "@/lib/api/client";
import { LogTail, type TailSnapshot } from "@/lib/api/log-tail";
import type { LogPage } from "../log-queries";

const CLOSED: TailSnapshot = {
  items: [],
  state: "connecting",
  problem: null,
  received: 0,
  skipped: 0,
  rate: 0,
  lagSeconds: null,
};
const REPLAY_LIMIT = 1000;
const SEARCH_AFTER_OPEN_MS = 1500;

/** Follows the logs of a filter while `enabled`. A new filter starts a new tail; null until it starts. */
export function useLiveTail(projectId: string, q: string, enabled: boolean): LogTail | null {
  const [tail, setTail] = useState<LogTail | null>(null);
  useEffect(() => {
    if (!enabled) return undefined;
    const created = new LogTail(projectId, q, undefined, async (since) => {
      const params = { project_id: projectId, q, since, order: "asc" as const, limit: REPLAY_LIMIT };
      return content(await query.GET("/api/v1/logs", { params: { query: params } })).items;
    });
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

type Search = () => Promise<{ data?: { pages: readonly LogPage[] } | undefined }>;

/**
 * Searches again soon after a tail opens. It opens while the first search runs, so lines of the moments in between are
 * in neither.
 */
export function useSearchOnceOpen(tail: LogTail | null, search: Search): void {
  const isOpen = useSyncExternalStore(
    tail?.subscribe ?? noSubscription,
    () => tail?.snapshot().state === "open",
  );
  useEffect(() => {
    if (!tail || !isOpen) return undefined;
    const timer = setTimeout(() => {
      void search().then(({ data }) => {
        tail.discard(data?.pages.slice(0, 4).flatMap((page) => page.items.map((log) => log.id)) ?? []);
      });
    }, SEARCH_AFTER_OPEN_MS);
    return () => clearTimeout(timer);
  }, [tail, isOpen, search]);
}

const noSubscription = () => () => undefined;
const closed = () => CLOSED;

/** Counts the lines that arrived since the list left its end. */
export function useNewLines(received: number, atEnd: boolean): number {
  const seen = useRef(received);
  if (atEnd || received < seen.current) seen.current = received;
  return received - seen.current;
}
