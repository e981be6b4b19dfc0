import createClient, { type Middleware } from "openapi-fetch";
import type { paths as AnalyzerPaths } from "./analyzer.gen";
import type { paths as CiBridgePaths } from "./ci-bridge.gen";
import type { paths as IngestPaths } from "./ingest.gen";
import { ApiProblem, problemOf } from "./problem";
import type { paths as QueryPaths } from "./query.gen";
import { noteServerTime } from "./server-clock";

export type { components as Analyzer } from "./analyzer.gen";
export type { components as CiBridge } from "./ci-bridge.gen";
export type { components as Query } from "./query.gen";

const throwProblems: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
    return undefined;
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return error;
    return new ApiProblem(0, "Logloop does not respond. Check that it runs.");
  },
};

// fetch is looked up at each call, so that tests can replace it.
const options = {
  baseUrl: globalThis.location?.origin ?? "",
  fetch: async (request: Request) => {
    const sent = Date.now();
    const response = await globalThis.fetch(request);
    noteServerTime(response.headers.get("Date"), sent, Date.now());
    return response;
  },
};

/** Typed client of query. A response that is not a success throws ApiProblem. */
export const query = createClient<QueryPaths>(options);
/** Typed client of ci-bridge. A response that is not a success throws ApiProblem. */
export const ciBridge = createClient<CiBridgePaths>(options);
/** Typed client of ingest. A response that is not a success throws ApiProblem. */
export const ingest = createClient<IngestPaths>(options);
/** Typed client of the analyzer. A response that is not a success throws ApiProblem. */
export const analyzer = createClient<AnalyzerPaths>(options);

for (const client of [query, ciBridge, ingest, analyzer]) client.use(throwProblems);

/** Returns the content of a successful response. */
export function content<T>(result: { data?: T }): T {
  return result.data as T;
}
