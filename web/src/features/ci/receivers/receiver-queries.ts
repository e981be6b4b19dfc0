import { queryOptions } from "@tanstack/react-query";
import { type CiBridge, ciBridge, content } from "@/lib/api/client";
import { MAX_PAGE, pagedOptions } from "@/lib/api/paged";
import { page } from "../ci-queries";

type Schemas = CiBridge["schemas"];
export type Receiver = Schemas["ReceiverView"];
export type ReceiverDraft = Schemas["ReceiverDraft"];
export type ReceiverKind = Receiver["kind"];

export const receiverPagesOptions = (project: string) =>
  pagedOptions<Receiver>(["ci", project, "receiver-pages"], async (cursor, signal) =>
    page(
      content(
        await ciBridge.GET("/api/v1/ci/receivers", {
          params: { query: { project_id: project, limit: 100, cursor } },
          signal,
        }),
      ),
    ),
  );

export const receiversOptions = (project: string) =>
  queryOptions({
    queryKey: ["ci", project, "receivers"],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: project, limit: MAX_PAGE } };
      return content(await ciBridge.GET("/api/v1/ci/receivers", { params, signal })).items;
    },
  });

export async function saveReceiver(project: string, id: string | null, draft: ReceiverDraft) {
  return id
    ? content(
        await ciBridge.PUT("/api/v1/ci/receivers/{receiver_id}", {
          params: { path: { receiver_id: id } },
          body: draft,
        }),
      )
    : content(await ciBridge.POST("/api/v1/ci/receivers", { body: { project_id: project, ...draft } }));
}

export const deleteReceiver = async (id: string) =>
  ciBridge.DELETE("/api/v1/ci/receivers/{receiver_id}", { params: { path: { receiver_id: id } } });

/** Sends a test message and returns what the receiver answered. */
export const testReceiver = async (id: string) =>
  content(
    await ciBridge.POST("/api/v1/ci/receivers/{receiver_id}/test", { params: { path: { receiver_id: id } } }),
  );

/** Returns a message about sample lines, as the server writes it. */
export const previewMessage = async (
  project: string,
  kind: ReceiverKind,
  template: ReceiverDraft["template"],
) =>
  content(
    await ciBridge.POST("/api/v1/ci/receivers/preview", {
      body: { project_id: project, kind, template: template ?? null },
    }),
  );
