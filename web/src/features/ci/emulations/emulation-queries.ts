import { queryOptions } from "@tanstack/react-query";
import { type CiBridge, ciBridge, content } from "@/lib/api/client";
import { pagedOptions } from "@/lib/api/paged";
import { recoveryInterval } from "@/lib/api/query-client";

type Schemas = CiBridge["schemas"];
export type Emulation = Schemas["EmulationView"];
export type RequestView = Schemas["ApprovalRequestView"];
/** A text that may run, waits for a decision, or may not run. */
export type Decision = {
  sha256: string;
  /** Null for a text that was approved by its hash only. */
  file: string | null;
  state: "waiting" | "approved" | "rejected";
  network: boolean;
  requestedBy: string | null;
  requestedAt: string | null;
  decidedBy: string | null;
  decidedAt: string | null;
};

const WATCH_MS = 2000;

/** What an emulated run ran, and what it does not prove. */
export const emulationOptions = (project: string, run: string) =>
  queryOptions({
    queryKey: ["ci", project, "emulation", run],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/emulations/{run_id}", {
          params: { path: { run_id: run }, query: { project_id: project } },
          signal,
        }),
      ),
    refetchInterval: ({ state: { data, error } }) =>
      error || data?.state === "completed" ? recoveryInterval(error) : WATCH_MS,
  });

/** All texts that were requested or approved, those that wait first. */
export const decisionPagesOptions = (project: string) => ({
  ...pagedOptions<Decision>(["ci", project, "decisions"], async (_, signal) => {
    const params = { query: { project_id: project } };
    const [requests, approvals] = await Promise.all([
      ciBridge.GET("/api/v1/ci/emulations/requests", { params, signal }),
      ciBridge.GET("/api/v1/ci/emulations/approvals", { params, signal }),
    ]);
    return { items: decisions(content(requests).items, content(approvals).items), next_cursor: null };
  }),
  refetchInterval: 10_000,
});

export function decisions(
  requests: readonly Schemas["ApprovalRequest"][],
  approvals: readonly Schemas["Approval"][],
): Decision[] {
  const approved = new Map(approvals.map((item) => [item.sha256, item]));
  const known = new Set(requests.map(({ sha256 }) => sha256));
  const items = [
    ...requests.map((item) => ({
      sha256: item.sha256,
      file: item.file,
      state: item.state ?? "waiting",
      network: approved.get(item.sha256)?.network ?? false,
      requestedBy: item.requested_by,
      requestedAt: item.requested_at,
      decidedBy: item.decided_by ?? null,
      decidedAt: item.decided_at ?? null,
    })),
    ...approvals
      .filter(({ sha256 }) => !known.has(sha256))
      .map((item) => ({
        sha256: item.sha256,
        file: null,
        state: "approved" as const,
        network: item.network ?? false,
        requestedBy: null,
        requestedAt: null,
        decidedBy: item.approved_by,
        decidedAt: item.approved_at,
      })),
  ];
  const order = ["waiting", "approved", "rejected"];
  return items.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

/** The text of a workflow and the version that was approved before it. */
export const requestOptions = (project: string, sha256: string) =>
  queryOptions({
    queryKey: ["ci", project, "approval-request", sha256],
    queryFn: async ({ signal }) =>
      content(
        await ciBridge.GET("/api/v1/ci/emulations/requests/{sha256}", {
          params: { path: { sha256 }, query: { project_id: project } },
          signal,
        }),
      ),
  });

export const approve = async (project: string, sha256: string, network: boolean) =>
  ciBridge.PUT("/api/v1/ci/emulations/approvals/{sha256}", {
    params: { path: { sha256 } },
    body: { project_id: project, network },
  });

/** Rejects a text that waits, or revokes the approval of one. */
export const forbid = async (project: string, { sha256, state }: Decision) => {
  const params = { path: { sha256 }, query: { project_id: project } };
  return state === "approved"
    ? ciBridge.DELETE("/api/v1/ci/emulations/approvals/{sha256}", { params })
    : ciBridge.DELETE("/api/v1/ci/emulations/requests/{sha256}", { params });
};
