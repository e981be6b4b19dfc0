import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type CiBridge, ciBridge, content, query } from "@/lib/api/client";
import { pagedOptions } from "@/lib/api/paged";
import { page } from "../ci-queries";

type Schemas = CiBridge["schemas"];
export type Rule = Schemas["Rule"];
export type RuleDraft = Schemas["RuleDraft"];
export type RuleCheck = Schemas["RuleCheck"];
export type BackTest = Schemas["BackTest"];
export type Evaluation = Schemas["Evaluation"];
export type ActionRequest = Schemas["ActionRequest"];
export type EvaluationPage = Schemas["EvaluationPage"];

export const rulePagesOptions = (project: string) =>
  pagedOptions<Rule>(["ci", project, "rules"], async (cursor, signal) =>
    page(
      content(
        await ciBridge.GET("/api/v1/ci/rules", {
          params: { query: { project_id: project, limit: 100, cursor } },
          signal,
        }),
      ),
    ),
  );

export const ruleOptions = (id: string) =>
  queryOptions({
    queryKey: ["ci", "rule", id],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/rules/{rule_id}", { params: { path: { rule_id: id } }, signal }),
      ),
    // While a rule is edited, a refetch must not replace what the page compares with.
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What the server says about a rule that is not saved yet. */
export const ruleCheckOptions = (project: string, draft: RuleDraft) =>
  queryOptions({
    queryKey: ["ci", project, "rule-check", draft],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.POST("/api/v1/ci/rules/check", { body: { project_id: project, ...draft }, signal }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

export const evaluationsOptions = (id: string) =>
  queryOptions({
    queryKey: ["ci", "rule-evaluations", id],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/rules/{rule_id}/evaluations", {
          params: { path: { rule_id: id }, query: { limit: 50 } },
          signal,
        }),
      ),
    refetchInterval: 5000,
  });

/** The analyses, repetitions and cancellations that a rule requested lately. */
export const ruleRequestsOptions = (project: string, id: string) =>
  queryOptions({
    queryKey: ["ci", project, "rule-requests", id],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/requests", {
          params: { query: { project_id: project, rule_id: id, limit: 100 } },
          signal,
        }),
      ).items,
    refetchInterval: 5000,
  });

/** The notifications that tell of a rule, newest first. */
export const ruleNotificationsOptions = (project: string, id: string) =>
  queryOptions({
    queryKey: ["ci", project, "rule-notifications", id],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/notifications", {
          params: { query: { project_id: project, rule_id: id, limit: 100 } },
          signal,
        }),
      ).items,
    refetchInterval: 5000,
  });

export type RuleHistory = Schemas["RuleTimeline"];

export const historyOptions = (id: string) =>
  queryOptions({
    queryKey: ["ci", "rule-history", id],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/rules/{rule_id}/history", {
          params: { path: { rule_id: id } },
          signal,
        }),
      ),
    refetchInterval: 60_000,
  });

/** When a rule, as it is edited, would have fired. Nothing is started. */
export const backTestOptions = (
  project: string,
  id: string | null,
  draft: RuleDraft,
  since: string,
  until: string,
) =>
  queryOptions({
    queryKey: ["ci", project, "back-test", id, draft, since, until],
    // It is never aborted: the server would still be busy with it and refuse the next one.
    queryFn: async () =>
      content(
        id === null
          ? await ciBridge.POST("/api/v1/ci/rules/back-test", {
              body: { project_id: project, since, until, rule: draft },
            })
          : await ciBridge.POST("/api/v1/ci/rules/{rule_id}/back-test", {
              params: { path: { rule_id: id } },
              body: { since, until, rule: draft },
            }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** All lines of the project in the range of a back-test. */
export const backTestHistogramOptions = (project: string, since: string, until: string) =>
  queryOptions({
    queryKey: ["ci", project, "histogram", since, until],
    queryFn: async ({ signal }) =>
      content(
        await query.GET("/api/v1/logs/histogram", {
          params: { query: { project_id: project, q: "", since, until, buckets: 160 } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const createRule = async (project: string, draft: RuleDraft) =>
  content(await ciBridge.POST("/api/v1/ci/rules", { body: { project_id: project, ...draft } }));

export const updateRule = async (id: string, draft: RuleDraft) =>
  content(
    await ciBridge.PUT("/api/v1/ci/rules/{rule_id}", { params: { path: { rule_id: id } }, body: draft }),
  );

export const deleteRule = async (id: string) =>
  ciBridge.DELETE("/api/v1/ci/rules/{rule_id}", { params: { path: { rule_id: id } } });

/** Returns the fields that users write: everything but the id and what the server keeps. */
export function draftOf(rule: Rule): RuleDraft {
  const { id, project_id, revision, created_at, updated_at, source, ...draft } = rule;
  return draft;
}
