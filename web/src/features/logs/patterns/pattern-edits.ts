import { queryOptions } from "@tanstack/react-query";
import { content, type Query, query } from "@/lib/api/client";
import type { PatternCount } from "../log-queries";

export type PatternEdit = Query["schemas"]["SavedPatternEdit"];
type Decision = Pick<PatternEdit, "action" | "name" | "pinned">;

export const patternEditsOptions = (project: string) =>
  queryOptions({
    queryKey: ["pattern-edits", project],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/pattern-edits", {
          params: { query: { project_id: project, limit: 1000 } },
          signal,
        }),
      ).items,
  });

/** What a template unites. Without a template, the server proposes one for the selected patterns. */
export const mergePreviewOptions = (project: string, selected: readonly string[], template: string | null) =>
  queryOptions({
    queryKey: ["pattern-edits", project, "preview", selected, template],
    queryFn: async ({ signal }) =>
      content(
        await query.POST("/api/v1/pattern-edits/preview", {
          body: { project_id: project, selected: [...selected], template },
          signal,
        }),
      ),
  });

/** What people have decided about a pattern of the list. */
export const decisionOn = (item: PatternCount): Decision => ({
  action: item.edit,
  name: item.name,
  pinned: item.pinned,
});

/** Saves what was decided about a template and returns its id. When nothing is left of it, the edit is deleted. */
export async function decide(
  project: string,
  template: { id: string; text: string },
  decision: Decision,
): Promise<string> {
  if (decision.action || decision.name || decision.pinned) {
    const body = { project_id: project, template: template.text, ...decision };
    return content(await query.PUT("/api/v1/pattern-edits", { body })).id;
  }
  await query.DELETE("/api/v1/pattern-edits/{edit_id}", {
    params: { path: { edit_id: template.id }, query: { project_id: project } },
  });
  return template.id;
}
