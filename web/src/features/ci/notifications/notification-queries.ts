import { queryOptions } from "@tanstack/react-query";
import { type CiBridge, ciBridge, content } from "@/lib/api/client";
import { pagedOptions } from "@/lib/api/paged";
import { page } from "../ci-queries";
import type { NotificationSearch } from "../ci-search";

export type Notification = CiBridge["schemas"]["Notification"];

const WATCH_MS = 5000;

export const notificationPagesOptions = (project: string, filter: Omit<NotificationSearch, "open">) => ({
  ...pagedOptions<Notification>(["ci", project, "notifications", filter], async (cursor, signal) =>
    page(
      content(
        await ciBridge.GET("/api/v1/ci/notifications", {
          params: {
            query: {
              project_id: project,
              state: filter.state,
              receiver_id: filter.receiver,
              rule_id: filter.rule,
              limit: 100,
              cursor,
            },
          },
          signal,
        }),
      ),
    ),
  ),
  refetchInterval: WATCH_MS,
});

export const notificationOptions = (id: string) =>
  queryOptions({
    queryKey: ["ci", "notification", id],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/notifications/{notification_id}", {
          params: { path: { notification_id: id } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) => (state.data?.finished_at ? false : WATCH_MS),
  });

/** Queues a notification that failed again. */
export const retryNotification = async (id: string) =>
  content(
    await ciBridge.POST("/api/v1/ci/notifications/{notification_id}/retry", {
      params: { path: { notification_id: id } },
    }),
  );
