import { beforeEach, expect, test, vi } from "vitest";

const HERE = Date.parse("2026-05-12T10:00:00.000Z");

/** Returns the time of the server after responses, each with its Date header and the time it took. */
async function serverTimeAfter(...responses: { date: string; tookMs: number }[]): Promise<string> {
  vi.resetModules();
  const { noteServerTime, serverNow } = await import("./server-clock");
  for (const { date, tookMs } of responses) noteServerTime(date, HERE - tookMs, HERE);
  return serverNow().toISOString();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(HERE);
});

test("a slow response of a server with the same clock does not move the time back", async () => {
  const slow = { date: "Tue, 12 May 2026 09:59:51 GMT", tookMs: 9500 };
  expect(await serverTimeAfter(slow)).toBe("2026-05-12T10:00:00.000Z");
});

test("whole seconds in the header do not move the time", async () => {
  const fast = { date: "Tue, 12 May 2026 09:59:59 GMT", tookMs: 20 };
  expect(await serverTimeAfter(fast)).toBe("2026-05-12T10:00:00.000Z");
});

test("the time follows a server whose clock differs by minutes", async () => {
  const behind = { date: "Tue, 12 May 2026 09:50:00 GMT", tookMs: 100 };
  const ahead = { date: "Tue, 12 May 2026 10:10:00 GMT", tookMs: 100 };
  expect(await serverTimeAfter(behind)).toBe("2026-05-12T09:50:02.100Z");
  expect(await serverTimeAfter(ahead)).toBe("2026-05-12T10:10:00.000Z");
});

test("a slow response keeps what faster responses told", async () => {
  const fast = { date: "Tue, 12 May 2026 09:50:00 GMT", tookMs: 100 };
  const slow = { date: "Tue, 12 May 2026 09:49:52 GMT", tookMs: 9000 };
  expect(await serverTimeAfter(fast, slow)).toBe("2026-05-12T09:50:02.100Z");
});

test("a missing or unreadable header changes nothing", async () => {
  expect(await serverTimeAfter({ date: "soon", tookMs: 10 })).toBe("2026-05-12T10:00:00.000Z");
});
