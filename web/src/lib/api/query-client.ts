import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "./problem";
import { reportSignedOut } from "./signed-out";

const RECOVERY_MS = 3000;

function watchSession(error: Error): void {
  if (error instanceof ApiProblem && error.status === 401) reportSignedOut();
}

/** Returns after how long a request that failed because a service is away is repeated; false for other errors. */
export function recoveryInterval(error: Error | null): number | false {
  if (!(error instanceof ApiProblem) || !error.isOutage) return false;
  return Math.max(RECOVERY_MS, (error.retryAfterSeconds ?? 0) * 1000);
}

/** Returns the cache of all requests. Requests that failed because a service is away are repeated until it is back. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: watchSession }),
    mutationCache: new MutationCache({ onError: watchSession }),
    defaultOptions: {
      queries: {
        retry: false,
        staleTime: 10_000,
        refetchOnWindowFocus: false,
        refetchInterval: ({ state: { error } }) => recoveryInterval(error),
      },
    },
  });
}
