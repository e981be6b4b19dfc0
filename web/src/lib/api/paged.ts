import {
  type InfiniteData,
  infiniteQueryOptions,
  keepPreviousData,
  type UseInfiniteQueryResult,
} from "@tanstack/react-query";

/** A page of records as every list of the API returns it. */
export type Page<T> = { items: T[]; next_cursor?: string | null };
export type Pages<T> = UseInfiniteQueryResult<InfiniteData<Page<T>>>;

/** The most records that one page of the API holds. */
export const MAX_PAGE = 1000;

/** A list that is read page by page. `read` gets the cursor of the page, and none for the first one. */
export function pagedOptions<T>(
  queryKey: readonly unknown[],
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam ?? undefined, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page<T>) => page.next_cursor ?? null,
    placeholderData: keepPreviousData,
  });
}

export function itemsOf<T>(pages: Pages<T>): T[] {
  return pages.data?.pages.flatMap((page) => page.items) ?? [];
}
