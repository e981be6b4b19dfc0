import { formatAge } from "@/lib/time/time";
import { StateMark, type Tone } from "../state-mark";
import type { Notification } from "./notification-queries";

/** What happened to a notification, in a few words. */
export function notificationState(item: Notification): [tone: Tone, words: string] {
  const due = item.next_attempt_at ? new Date(item.next_attempt_at) : null;
  const when = due && due.getTime() > Date.now() + 1500 ? ` ${formatAge(due)}` : " now";
  switch (item.state) {
    case "sent":
      return ["good", "sent"];
    case "failed":
      return ["bad", "failed"];
    case "sending":
      return ["waiting", item.detail ? `tries again${when}` : "sending"];
    default:
      return ["waiting", `collects, goes out${when}`];
  }
}

export function NotificationMark({ item }: { item: Notification }) {
  const [tone, words] = notificationState(item);
  return <StateMark tone={tone}>{words}</StateMark>;
}

/** The rules that a notification tells of, each once. */
export function rulesOf(item: Notification): { id: string; name: string }[] {
  return [...new Map(item.matches.map((match) => [match.rule_id, match.rule_name]))].map(([id, name]) => ({
    id,
    name,
  }));
}
