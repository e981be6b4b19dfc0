import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Notification } from "@/features/ci/notifications/notification-queries";
import { NotificationMark } from "@/features/ci/notifications/notification-state";
import { receiversOptions } from "@/features/ci/receivers/receiver-queries";
import {
  type ActionRequest,
  type Evaluation,
  ruleNotificationsOptions,
  ruleRequestsOptions,
} from "@/features/ci/rules/rule-queries";
import { StateMark, type Tone } from "@/features/ci/state-mark";

/** What became of what a rule started, by id. */
export type FiringEffects = {
  requests: ReadonlyMap<string, ActionRequest>;
  notifications: ReadonlyMap<string, Notification>;
  receiverName: (id: string) => string;
};

/** Reads what became of the latest firings of a rule. */
export function useFiringEffects(project: string, ruleId: string): FiringEffects {
  const requests = useQuery(ruleRequestsOptions(project, ruleId)).data ?? [];
  const notifications = useQuery(ruleNotificationsOptions(project, ruleId)).data ?? [];
  const receivers = useQuery(receiversOptions(project)).data ?? [];
  return {
    requests: new Map(requests.map((item) => [item.id, item])),
    notifications: new Map(notifications.map((item) => [item.id, item])),
    receiverName: (id) => receivers.find((item) => item.id === id)?.name ?? "a deleted receiver",
  };
}

const REQUEST_STATES: Record<NonNullable<ActionRequest["state"]>, [Tone, string]> = {
  pending: ["waiting", "waits"],
  done: ["good", "done"],
  skipped: ["quiet", "not needed"],
  failed: ["bad", "failed"],
};

/** What one firing did: its dispatch, its messages, and its requests, each with its outcome. */
export function FiringActions({
  project,
  evaluation,
  effects,
}: {
  project: string;
  evaluation: Evaluation;
  effects: FiringEffects;
}) {
  return (
    <>
      {evaluation.dispatch_id ? (
        <div>
          <Link
            className="underlined"
            to="/projects/$project/ci/dispatches"
            params={{ project }}
            search={{ open: evaluation.dispatch_id }}
          >
            the dispatch
          </Link>
        </div>
      ) : null}
      {evaluation.notifications?.map((id) => {
        const item = effects.notifications.get(id);
        return (
          <div key={id}>
            <Link
              className="underlined"
              to="/projects/$project/ci/notifications"
              params={{ project }}
              search={{ open: id }}
            >
              {item ? `message to ${effects.receiverName(item.receiver_id)}` : "a message"}
            </Link>{" "}
            {item ? <NotificationMark item={item} /> : null}
          </div>
        );
      })}
      {evaluation.requests?.map((id) => {
        const request = effects.requests.get(id);
        return request ? <Request key={id} project={project} request={request} /> : null;
      })}
    </>
  );
}

function Request({ project, request }: { project: string; request: ActionRequest }) {
  const [tone, words] = REQUEST_STATES[request.state ?? "pending"];
  return (
    <div>
      {subjectOf(project, request)}{" "}
      <StateMark tone={tone}>
        {words}
        {request.detail ? `: ${request.detail}` : ""}
      </StateMark>
    </div>
  );
}

function subjectOf(project: string, { kind, analysis_id: analysis, values }: ActionRequest): ReactNode {
  if (kind === "analyze" && analysis) {
    return (
      <Link className="underlined" to="/projects/$project/analyses/$analysis" params={{ project, analysis }}>
        an analysis
      </Link>
    );
  }
  const run = typeof values.run_id === "string" ? values.run_id : null;
  const what = kind === "cancel_run" ? "cancel" : "run the failed jobs again of";
  if (!run) return `${what} a run`;
  return (
    <>
      {what}{" "}
      <Link className="underlined" to="/projects/$project/ci/runs/$run" params={{ project, run }}>
        run {run}
      </Link>
    </>
  );
}
