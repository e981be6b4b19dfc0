// Calls the API of this origin. It must not touch the page.

/** What the API answered instead of success: an RFC 9457 problem document. */
export class Problem extends Error {
  constructor(status, document) {
    const detail = document.detail ?? document.title ?? `The server returned ${status}.`;
    const reasons = (document.errors ?? []).map((error) => error.reason ?? "");
    super([detail, ...reasons.filter((reason) => !detail.includes(reason))].join("\n"));
    this.status = status;
  }
}

async function refuse(response) {
  let document = {};
  try {
    document = await response.json();
  } catch {
    // A proxy in between may answer with something else than a problem document.
  }
  throw new Problem(response.status, document);
}

/** Call an operation under /api/v1; `params` without a value are left out. Resolves to the JSON, or null. */
export async function call(method, path, { params = {}, body, signal } = {}) {
  const given = Object.entries(params).filter(([, value]) => value !== "" && value != null);
  const query = given.length ? `?${new URLSearchParams(given)}` : "";
  const response = await fetch(`/api/v1${path}${query}`, {
    method,
    signal,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  if (!response.ok) await refuse(response);
  return response.status === 204 ? null : response.json();
}

/** Server-sent events of a path as an async sequence of {event, data}, until the server ends it or `signal` aborts. */
export async function* events(path, params, signal) {
  const response = await fetch(`/api/v1${path}?${new URLSearchParams(params)}`, {
    signal,
    headers: { Accept: "text/event-stream" },
  });
  if (!response.ok) await refuse(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = block.split("\n").map((line) => /^(event|data): ?(.*)$/.exec(line)).filter(Boolean);
      const data = fields.filter(([, name]) => name === "data").map(([, , text]) => text).join("\n");
      const named = fields.find(([, name]) => name === "event");
      if (data) yield { event: named ? named[2] : "message", data: JSON.parse(data) };
    }
  }
}
