import { Button, Drawer } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { Confirm } from "@/components/records/confirm";
import { formatAge, formatCount, formatMoment, useZone } from "@/lib/time/time";
import { MatchLines } from "./match-lines";
import { type Notification, notificationOptions, retryNotification } from "./notification-queries";
import { NotificationMark, rulesOf } from "./notification-state";
import classes from "./notifications.module.css";

type NotificationDrawerProps = {
  project: string;
  id: string;
  nameOf: (receiver: string) => string;
  mayRetry: boolean;
  onClose: () => void;
};

/** One notification: to whom, what it says, and what became of it. */
export function NotificationDrawer({ project, id, nameOf, mayRetry, onClose }: NotificationDrawerProps) {
  const found = useQuery(notificationOptions(id));
  const queryClient = useQueryClient();
  const [asks, setAsks] = useState(false);
  const retry = useMutation({
    mutationFn: async () => retryNotification(id),
    onSuccess: async (queued) => {
      setAsks(false);
      queryClient.setQueryData(notificationOptions(id).queryKey, queued);
      await queryClient.invalidateQueries({ queryKey: ["ci", project] });
    },
  });
  return (
    <Drawer opened onClose={onClose} title="Notification" size={560}>
      {found.error ? <ProblemNotice error={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.isPending && !found.error ? <SkeletonRows rows={8} /> : null}
      {found.data ? (
        <>
          <Facts project={project} item={found.data} receiver={nameOf(found.data.receiver_id)} />
          {mayRetry && found.data.state === "failed" ? (
            <Button onClick={() => setAsks(true)}>Send it again…</Button>
          ) : null}
          {found.data.matches.map((match, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: matches have no other identity.
            <MatchLines key={index} project={project} match={match} />
          ))}
          <Rest item={found.data} />
        </>
      ) : null}
      <Confirm
        opened={asks}
        title="Send this notification again?"
        action="Send it again"
        busy={retry.isPending}
        error={retry.error}
        onClose={() => {
          setAsks(false);
          retry.reset();
        }}
        onConfirm={() => retry.mutate()}
      >
        The same message goes to {found.data ? nameOf(found.data.receiver_id) : ""} once more, with the same
        id.
      </Confirm>
    </Drawer>
  );
}

function Facts({ project, item, receiver }: { project: string; item: Notification; receiver: string }) {
  const [zone] = useZone();
  const moment = (text: string | null | undefined): ReactNode =>
    text ? `${formatMoment(new Date(text), zone)}, ${formatAge(new Date(text))}` : null;
  const facts: [string, ReactNode][] = [
    ["State", <NotificationMark key="state" item={item} />],
    [item.state === "failed" ? "Reason" : "Note", item.detail],
    ["Receiver", receiver],
    [
      "Rules",
      rulesOf(item).map(({ id, name }, index) => (
        <span key={id}>
          {index > 0 ? ", " : ""}
          <Link to="/projects/$project/ci/rules/$rule" params={{ project, rule: id }}>
            {name}
          </Link>
        </span>
      )),
    ],
    ["Matches", formatCount(item.count)],
    ["Begun", moment(item.created_at)],
    ["Tries", `${item.attempts ?? 0}`],
    ["Next try", moment(item.next_attempt_at)],
    ["Ended", moment(item.finished_at)],
    ["Answer", item.status ? `status ${item.status}` : null],
    [
      "Id",
      <span key="id" className="mono" title="Also the webhook-id header and the Message-ID">
        {item.id}
      </span>,
    ],
  ];
  return (
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
  );
}

function Rest({ item }: { item: Notification }) {
  const rest = item.count - item.matches.length;
  return rest > 0 ? <p className="muted">… and {formatCount(rest)} more matches</p> : null;
}
