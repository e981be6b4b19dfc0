import type { Query } from "./client";
import { readEvents } from "./event-stream";
import { type ApiProblem, asProblem } from "./problem";
import { serverNow } from "./server-clock";

type Log = Query["schemas"]["Log"];

/** Lines that the server left out of the tail because they came too fast. They are stored and can be searched. */
export type Gap = { kind: "gap"; id: string; count: number; from: string; to: string };
export type TailItem = Log | Gap;

export type TailSnapshot = {
  items: readonly TailItem[];
  state: "connecting" | "open" | "waiting" | "failed";
  problem: ApiProblem | null;
  /** Lines received since the start, and left out by the server. */
  received: number;
  skipped: number;
  /** Lines in the last second, and how many seconds the newest line took to get here. */
  rate: number;
  lagSeconds: number | null;
};

const FLUSH_MS = 100;
const RATE_WINDOW_MS = 2000;
const DATED_BACK_MS = 5000;
const RETRY_MS = [500, 1000, 2000, 4000];

export function isGap(item: TailItem): item is Gap {
  return "kind" in item;
}

/**
 * Follows the logs that a filter selects. It lives outside React: lines collect in a buffer, and subscribers are told at
 * most ten times a second. The list keeps the newest `cap` items.
 */
export class LogTail {
  #snapshot: TailSnapshot = {
    items: [],
    state: "connecting",
    problem: null,
    received: 0,
    skipped: 0,
    rate: 0,
    lagSeconds: null,
  };
  #buffer: TailItem[] = [];
  #arrivals: [at: number, count: number][] = [];
  #listeners = new Set<() => void>();
  #abort = new AbortController();
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #rateTimer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #lastTimestamp: string | null = null;
  /** At first, the time of the start on the server's clock, less what a line may be dated back. */
  #lastEventId = `${serverNow().getTime() - DATED_BACK_MS}000`;
  #discarded = new Set<string>();
  #missed = new Set<string>();

  constructor(
    private readonly projectId: string,
    private readonly q: string,
    private readonly cap = 100_000,
  ) {}

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#abort.abort();
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#rateTimer);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = (): TailSnapshot => this.#snapshot;

  /**
   * Drops lines that the page shows already, now and when they still arrive. `first` is the time of the first of them:
   * lines that were accepted before the tail and are older belong to an earlier page.
   */
  discard(ids: readonly string[], first?: string): void {
    for (const id of ids) this.#discarded.add(id);
    const isNew = (item: TailItem) =>
      !this.#discarded.has(item.id) &&
      (first === undefined || isGap(item) || item.timestamp >= first || !this.#missed.has(item.id));
    this.#buffer = this.#buffer.filter(isNew);
    const items = this.#snapshot.items.filter(isNew);
    if (items.length < this.#snapshot.items.length) this.#change({ items });
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        await this.#read();
        this.#change({ state: "waiting" });
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        const problem = asProblem(error);
        this.#change({ state: problem.isOutage ? "waiting" : "failed", problem });
        if (!problem.isOutage) return;
      }
      const delay = RETRY_MS[Math.min(this.#attempt, RETRY_MS.length - 1)];
      this.#attempt += 1;
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }

  async #read(): Promise<void> {
    const params = new URLSearchParams({ project_id: this.projectId, q: this.q });
    for await (const events of readEvents(
      `/api/v1/logs/tail?${params}`,
      this.#abort.signal,
      this.#lastEventId,
    )) {
      for (const { event, data, id } of events) {
        this.#receive(event, data);
        this.#lastEventId = id ?? this.#lastEventId;
      }
    }
  }

  #receive(event: string, data: string): void {
    if (event === "ready") {
      this.#attempt = 0;
      this.#change({ state: "open", problem: null });
    }
    if (event === "log") {
      const { items, missed } = JSON.parse(data) as { items: Log[]; missed?: boolean };
      this.#accept(missed ? this.#unknown(items) : items);
    }
    if (event === "dropped") {
      const { count } = JSON.parse(data) as { count: number };
      const now = new Date().toISOString();
      const last = this.#lastTimestamp ?? now;
      this.#buffer.push({
        kind: "gap",
        id: `gap-${now}-${this.#snapshot.skipped}`,
        count,
        from: last,
        to: now,
      });
      this.#change({ skipped: this.#snapshot.skipped + count });
      this.#scheduleFlush();
    }
  }

  /** Lines that were accepted before the tail was open, without those that are there from before a reconnect. */
  #unknown(items: Log[]): Log[] {
    const known = new Set(this.#snapshot.items.map((item) => item.id));
    for (const item of this.#buffer) known.add(item.id);
    const unknown = items.filter((log) => !known.has(log.id));
    for (const log of unknown) this.#missed.add(log.id);
    return unknown;
  }

  #accept(received: Log[]): void {
    const logs = this.#discarded.size > 0 ? received.filter((log) => !this.#discarded.has(log.id)) : received;
    const newest = logs.at(-1);
    if (!newest) return;
    for (const log of logs) this.#buffer.push(log);
    this.#lastTimestamp = newest.timestamp;
    this.#arrivals.push([Date.now(), logs.length]);
    this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#flushTimer !== undefined) return;
    this.#flushTimer = setTimeout(() => {
      this.#flushTimer = undefined;
      this.#flush();
    }, FLUSH_MS);
  }

  #flush(): void {
    const now = Date.now();
    const added = this.#buffer;
    this.#buffer = [];
    this.#arrivals = this.#arrivals.filter(([at]) => now - at < RATE_WINDOW_MS);
    const recent = this.#arrivals.reduce((sum, [, count]) => sum + count, 0);
    const logs = added.filter((item): item is Log => !isGap(item));
    const newest = logs.at(-1);
    const items = added.length > 0 ? this.#snapshot.items.concat(added) : this.#snapshot.items;
    this.#change({
      items: items.length > this.cap ? items.slice(-this.cap) : items,
      received: this.#snapshot.received + logs.length,
      rate: Math.round(recent / (RATE_WINDOW_MS / 1000)),
      lagSeconds: newest
        ? Math.max(0, (now - Date.parse(newest.timestamp)) / 1000)
        : this.#snapshot.lagSeconds,
    });
    if (recent > 0) this.#scheduleRateUpdate();
  }

  /** Lets the rate fall to zero when lines stop. */
  #scheduleRateUpdate(): void {
    clearTimeout(this.#rateTimer);
    this.#rateTimer = setTimeout(() => this.#flush(), RATE_WINDOW_MS);
  }

  #change(change: Partial<TailSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
