import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isGap, LogTail } from "./log-tail";

type Line = { id: string; timestamp: string };

const at = (second: number) => `2026-05-12T10:00:0${second}.000000Z`;
const line = (id: string, second = 5): Line => ({ id, timestamp: at(second) });
const event = (name: string, data: unknown, id: number) =>
  `event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
const ready = event("ready", {}, 1);
const arrived = (id: number, ...items: Line[]) => event("log", { items }, id);
const missed = (id: number, ...items: Line[]) => event("log", { items, missed: true }, id);

/** A server whose connections the test feeds. */
class Server {
  requests: (string | null)[] = [];
  #streams: ReadableStreamDefaultController<Uint8Array>[] = [];

  fetch = async (_url: string, { headers }: { headers: Record<string, string> }): Promise<Response> => {
    this.requests.push(headers["Last-Event-ID"] ?? null);
    return new Response(
      new ReadableStream<Uint8Array>({ start: (stream) => void this.#streams.push(stream) }),
    );
  };

  send(...events: string[]): void {
    this.#streams.at(-1)?.enqueue(new TextEncoder().encode(events.join("")));
  }

  cut(): void {
    this.#streams.at(-1)?.error(new TypeError("the connection was lost"));
  }
}

let server: Server;
let tail: LogTail;

const shown = () => tail.snapshot().items.flatMap((item) => (isGap(item) ? [] : [item.id]));

beforeEach(() => {
  server = new Server();
  vi.stubGlobal("fetch", server.fetch);
  tail = new LogTail("shop", "");
  tail.start();
});

afterEach(() => {
  tail.stop();
  vi.unstubAllGlobals();
});

test("a tail is open once the server says that it is subscribed", async () => {
  await vi.waitFor(() => expect(server.requests).toHaveLength(1));
  server.send(": hello\n\n", arrived(0, line("too soon")));
  await vi.waitFor(() => expect(shown()).toEqual(["too soon"]));
  expect(tail.snapshot().state).toBe("connecting");
  server.send(ready);
  await vi.waitFor(() => expect(tail.snapshot().state).toBe("open"));
});

test("a tail asks for the lines since its start, however late its request arrives", async () => {
  await vi.waitFor(() => expect(server.requests).toHaveLength(1));
  const startedAt = Number(server.requests[0]) / 1000;
  expect(startedAt).toBeLessThan(Date.now());
  expect(startedAt).toBeGreaterThan(Date.now() - 60_000);
});

test("lines that were accepted before the tail was subscribed are shown once", async () => {
  await vi.waitFor(() => expect(server.requests).toHaveLength(1));
  server.send(ready, arrived(2, line("live")), missed(3, line("live"), line("early"), line("searched")));
  await vi.waitFor(() => expect(shown()).toEqual(["live", "early", "searched"]));
  tail.discard(["searched", "later"]);
  expect(shown()).toEqual(["live", "early"]);
  server.send(missed(4, line("searched")), arrived(5, line("later"), line("last")));
  await vi.waitFor(() => expect(shown()).toEqual(["live", "early", "last"]));
});

test("of the lines from before the tail, those of an earlier page are left to that page", async () => {
  await vi.waitFor(() => expect(server.requests).toHaveLength(1));
  server.send(ready, arrived(2, line("dated back", 1)), missed(3, line("page two", 1), line("early", 4)));
  await vi.waitFor(() => expect(shown()).toHaveLength(3));
  tail.discard(["first"], at(3));
  expect(shown()).toEqual(["dated back", "early"]);
});

test("after a lost connection the tail resumes after the last event, and shows no line twice", async () => {
  await vi.waitFor(() => expect(server.requests).toHaveLength(1));
  server.send(ready, arrived(2, line("one")));
  await vi.waitFor(() => expect(shown()).toEqual(["one"]));
  server.cut();
  await vi.waitFor(() => expect(server.requests).toHaveLength(2), { timeout: 10_000 });
  expect(server.requests[1]).toBe("2");
  expect(tail.snapshot().state).toBe("waiting");
  server.send(ready, missed(3, line("one"), line("two")));
  await vi.waitFor(() => expect(shown()).toEqual(["one", "two"]));
  expect(tail.snapshot().state).toBe("open");
});
