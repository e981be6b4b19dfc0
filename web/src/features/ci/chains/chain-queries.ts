import { queryOptions } from "@tanstack/react-query";
import { type CiBridge, ciBridge, content } from "@/lib/api/client";
import { pagedOptions } from "@/lib/api/paged";
import { page } from "../ci-queries";

type Schemas = CiBridge["schemas"];
export type Chain = Schemas["Chain"];
export type ChainSummary = Schemas["ChainSummary"];
export type ChainLink = Schemas["ChainLink"];
export type ChainStep = Schemas["ChainStep"];

const WATCH_MS = 2000;
const IDLE_MS = 15_000;

/** Chains of a project, newest first. */
export const chainPagesOptions = (project: string) => ({
  ...pagedOptions<ChainSummary>(["ci", project, "chains"], async (cursor, signal) =>
    page(
      content(
        await ciBridge.GET("/api/v1/ci/chains", {
          params: { query: { project_id: project, limit: 50, cursor } },
          signal,
        }),
      ),
    ),
  ),
  refetchInterval: 5000,
});

/** One chain with everything that is known about it. It is read often while something of it is under way. */
export const chainOptions = (id: string) =>
  queryOptions({
    queryKey: ["ci", "chain", id],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/chains/{chain_id}", { params: { path: { chain_id: id } }, signal }),
      ),
    refetchInterval: ({ state }) => (state.data?.state === "active" ? WATCH_MS : IDLE_MS),
  });
