import { Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { CopyButton } from "@/components/copy-button";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { formatAge, formatMoment, useZone } from "@/lib/time/time";
import { CauseLink } from "../cause-link";
import { type Dispatch, dispatchOptions } from "../ci-queries";
import { dispatchState, StateMark } from "../state-mark";
import classes from "./dispatch-drawer.module.css";

const WAITS: Record<NonNullable<Dispatch["waits_for"]>, string> = {
  rate_limit: "GitHub's hourly limit of requests",
  secondary_limit: "GitHub's limit for bursts of requests",
  start_limit: "GitHub's limit of runs that start within seconds",
  repository_budget: "the budget of the repository on this platform",
  github: "GitHub, which cannot be reached",
  outcome: "its run, which may have started",
  paused: "the end of the pause of rules and dispatches",
};

/** One dispatch: what was sent, why, and what became of it. */
export function DispatchDrawer({
  project,
  id,
  onClose,
}: {
  project: string;
  id: string;
  onClose: () => void;
}) {
  const dispatch = useQuery(dispatchOptions(id));
  return (
    <Drawer opened onClose={onClose} title="Dispatch">
      {dispatch.error ? (
        <ProblemNotice error={dispatch.error} onRetry={() => void dispatch.refetch()} />
      ) : null}
      {dispatch.isPending && !dispatch.error ? <SkeletonRows rows={8} /> : null}
      {dispatch.data ? <Facts project={project} dispatch={dispatch.data} /> : null}
    </Drawer>
  );
}

function Facts({ project, dispatch }: { project: string; dispatch: Dispatch }) {
  const [zone] = useZone();
  const [tone, words] = dispatchState(dispatch);
  const moment = (text: string | null | undefined): ReactNode =>
    text ? `${formatMoment(new Date(text), zone)}, ${formatAge(new Date(text))}` : null;
  const payload = JSON.stringify(dispatch.payload ?? {}, null, 2);
  const facts: [string, ReactNode][] = [
    [
      "State",
      <StateMark key="state" tone={tone}>
        {words}
      </StateMark>,
    ],
    ["GitHub said", dispatch.detail ?? (dispatch.status ? `status ${dispatch.status}` : null)],
    ["Repository", dispatch.repository],
    [
      "Workflow",
      dispatch.workflow ? `${dispatch.workflow}${dispatch.ref ? ` on ${dispatch.ref}` : ""}` : null,
    ],
    ["Event", dispatch.mode === "workflow_dispatch" ? null : dispatch.event_type],
    [
      "Rule",
      dispatch.rule_id ? (
        <Link key="rule" to="/projects/$project/ci/rules/$rule" params={{ project, rule: dispatch.rule_id }}>
          {dispatch.rule_name}
        </Link>
      ) : null,
    ],
    ["Cause", <CauseLink key="cause" project={project} dispatch={dispatch} />],
    ["Hop", `${dispatch.hop ?? 0}`],
    ["Created", moment(dispatch.created_at)],
    ["Sent", moment(dispatch.posted_at)],
    ["Tries", `${dispatch.attempts ?? 0}`],
    ["Waits for", dispatch.waits_for ? WAITS[dispatch.waits_for] : null],
    ["Next try", moment(dispatch.next_attempt_at)],
    [
      "Run",
      dispatch.run_id ? (
        <Link key="run" to="/projects/$project/ci/runs/$run" params={{ project, run: dispatch.run_id }}>
          {dispatch.run_id}
          {dispatch.guessed ? " (matched by time)" : ""}
        </Link>
      ) : null,
    ],
    [
      "Chain",
      <Link
        key="chain"
        to="/projects/$project/ci/chains/$chain"
        params={{ project, chain: dispatch.chain_id || dispatch.id }}
      >
        what led to what
      </Link>,
    ],
    [
      "Correlation id",
      <span key="id" className="mono">
        {dispatch.correlation_id}
      </span>,
    ],
  ];
  return (
    <>
      <dl className={classes.facts}>
        {facts.map(([name, value]) =>
          value === null || value === undefined ? null : (
            <div key={name} style={{ display: "contents" }}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      <h3>Payload</h3>
      <pre className={classes.payload}>{payload}</pre>
      <CopyButton text={payload} label="Copy payload" />
    </>
  );
}
