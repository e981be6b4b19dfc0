import { infiniteQueryOptions } from "@tanstack/react-query";
import { analyzer, ciBridge, content, ingest, type Query, query } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import { recoveryInterval } from "@/lib/api/query-client";

export const SERVICES = ["ingest", "query", "analyzer", "ci-bridge"] as const;
export type ServiceName = (typeof SERVICES)[number];
export type DeadLetter = Query["schemas"]["DeadLetter"] & { service: ServiceName };
/** The dead letters of all services that responded, and why others did not. */
type LetterPage = {
  items: DeadLetter[];
  next_cursor: null;
  total: number;
  failures: { service: ServiceName; message: string }[];
};

const LIMIT = 1000;
const CHECK_MS = 10_000;

async function readLetters(service: ServiceName, signal: AbortSignal) {
  const options = { params: { query: { limit: LIMIT } }, signal };
  switch (service) {
    case "ingest":
      return content(await ingest.GET("/api/v1/ingest/dead-letters", options));
    case "query":
      return content(await query.GET("/api/v1/query/dead-letters", options));
    case "analyzer":
      return content(await analyzer.GET("/api/v1/analyzer/dead-letters", options));
    case "ci-bridge":
      return content(await ciBridge.GET("/api/v1/ci/dead-letters", options));
  }
}

async function readAll(signal: AbortSignal): Promise<LetterPage> {
  const results = await Promise.allSettled(SERVICES.map((service) => readLetters(service, signal)));
  const page: LetterPage = { items: [], next_cursor: null, total: 0, failures: [] };
  for (const [index, result] of results.entries()) {
    const service = SERVICES[index];
    if (!service) continue;
    if (result.status === "rejected") {
      page.failures.push({ service, message: asProblem(result.reason).message });
    } else {
      page.total += result.value.total;
      page.items.push(...result.value.items.map((item) => ({ ...item, service })));
    }
  }
  const first = results.find((result) => result.status === "rejected");
  if (first && page.failures.length === SERVICES.length) throw first.reason;
  return page;
}

export const deadLettersOptions = () =>
  infiniteQueryOptions({
    queryKey: ["dead-letters"],
    queryFn: async ({ signal }) => readAll(signal),
    initialPageParam: null,
    getNextPageParam: () => null,
    refetchInterval: ({ state }) => recoveryInterval(state.error) || CHECK_MS,
  });

export const letterKey = (letter: DeadLetter) => `${letter.queue} ${letter.id}`;

/** Puts a dead letter back on its work queue. */
export async function retryLetter({ service, queue, id }: DeadLetter): Promise<void> {
  const params = { path: { queue, letter_id: id } };
  switch (service) {
    case "ingest":
      await ingest.POST("/api/v1/ingest/dead-letters/{queue}/{letter_id}/retry", { params });
      return;
    case "query":
      await query.POST("/api/v1/query/dead-letters/{queue}/{letter_id}/retry", { params });
      return;
    case "analyzer":
      await analyzer.POST("/api/v1/analyzer/dead-letters/{queue}/{letter_id}/retry", { params });
      return;
    case "ci-bridge":
      await ciBridge.POST("/api/v1/ci/dead-letters/{queue}/{letter_id}/retry", { params });
  }
}

export async function deleteLetter({ service, queue, id }: DeadLetter): Promise<void> {
  const params = { path: { queue, letter_id: id } };
  switch (service) {
    case "ingest":
      await ingest.DELETE("/api/v1/ingest/dead-letters/{queue}/{letter_id}", { params });
      return;
    case "query":
      await query.DELETE("/api/v1/query/dead-letters/{queue}/{letter_id}", { params });
      return;
    case "analyzer":
      await analyzer.DELETE("/api/v1/analyzer/dead-letters/{queue}/{letter_id}", { params });
      return;
    case "ci-bridge":
      await ciBridge.DELETE("/api/v1/ci/dead-letters/{queue}/{letter_id}", { params });
  }
}
