import { afterEach, describe, expect, it, vi } from "vitest";
import { AnalysisStream, type Turn } from "./analysis-stream";

const frame = (id: string, event: string, data: object) =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\nid: ${id}\n\n`;
const progress = (seq: number, data: object) => frame(`0.${seq}`, "progress", { turn: 0, seq, ...data });
const BYE = 'event: bye\ndata: {"reason":"finished"}\n\n';
const FINDING = { kind: "burst", title: "payment: rose", score: 1, evidence: ["a"] };

function serve(...bodies: (string | number)[]) {
  const asked: (string | null)[] = [];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    asked.push(new Headers(init.headers).get("Last-Event-ID"));
    const body = bodies.shift() ?? 204;
    return typeof body === "number" ? new Response(null, { status: body }) : new Response(body);
  });
  return asked;
}

const ended = (stream: AnalysisStream) =>
  vi.waitFor(() => {
    expect(stream.snapshot().state).toBe("ended");
    return stream.snapshot().turns[0] as Turn;
  });

afterEach(() => vi.unstubAllGlobals());

describe("AnalysisStream", () => {
  it("collects steps, findings and text until the end", async () => {
    serve(
      progress(1, { stage: "started", text: "Started" }) +
        progress(2, { stage: "evidence", finding: FINDING }) +
        progress(3, { stage: "asking", text: "Asking" }) +
        progress(4, { stage: "answering", text: "It " }) +
        progress(5, { stage: "answering", text: "failed." }) +
        frame("0.9999999999", "completed", { turn: 0, report: {} }) +
        BYE,
    );
    const stream = new AnalysisStream("a1");
    stream.start(true);
    const turn = await ended(stream);
    expect(turn.steps.map(({ text }) => text)).toEqual(["Started", "Asking"]);
    expect(turn.findings).toEqual([FINDING]);
    expect(turn.text).toBe("It failed.");
    expect(turn.end).toBe("completed");
  });

  it("continues after an interruption without repeating text", async () => {
    const asked = serve(
      progress(1, { stage: "answering", text: "one " }) + BYE.replace("finished", "stopping"),
      503,
      progress(2, { stage: "answering", text: "two" }) + frame("0.3", "cancelled", { turn: 0 }) + BYE,
    );
    const stream = new AnalysisStream("a1");
    stream.start(true);
    await vi.waitFor(() => expect(stream.snapshot().state).toBe("ended"), { timeout: 8000 });
    expect(asked).toEqual([null, "0.1", "0.1"]);
    expect(stream.snapshot().turns[0]).toMatchObject({ text: "one two", end: "cancelled" });
  }, 10_000);

  it("starts the text again when the model is asked again", async () => {
    serve(
      progress(1, { stage: "asking", text: "Asking" }) +
        progress(2, { stage: "answering", text: "half" }) +
        progress(3, { stage: "asking", text: "Asking with less" }) +
        progress(4, { stage: "answering", text: "whole" }) +
        frame("0.5", "failed", { turn: 0, detail: "the provider failed" }) +
        BYE,
    );
    const stream = new AnalysisStream("a1");
    stream.start(false);
    expect(await ended(stream)).toMatchObject({
      text: "whole",
      end: "failed",
      failure: "the provider failed",
    });
  });

  it("gives up on an analysis that does not exist", async () => {
    serve(404);
    const stream = new AnalysisStream("a1");
    stream.start(false);
    await vi.waitFor(() => expect(stream.snapshot().state).toBe("failed"));
    expect(stream.snapshot().problem?.status).toBe(404);
  });
});
