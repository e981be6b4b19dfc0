import { createParser } from "eventsource-parser";
import { problemOf } from "./problem";

export type ServerEvent = { event: string; data: string; id: string | undefined };

/** Reads server-sent events in batches until the server ends the stream or `signal` aborts. Throws ApiProblem. */
export async function* readEvents(
  url: string,
  signal: AbortSignal,
  lastEventId?: string,
): AsyncGenerator<ServerEvent[]> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (lastEventId !== undefined) headers["Last-Event-ID"] = lastEventId;
  const response = await fetch(url, { signal, headers });
  if (!response.ok) throw await problemOf(response);
  if (!response.body) return;
  yield []; // The stream is open, also when no event comes for a while.
  let received: ServerEvent[] = [];
  const parser = createParser({
    onEvent: (event) => received.push({ event: event.event ?? "message", data: event.data, id: event.id }),
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      parser.feed(value);
      if (received.length > 0) {
        yield received;
        received = [];
      }
    }
  } finally {
    reader.releaseLock();
  }
}
