import type { Column } from "@/components/records/resource-table";
import { serverNow } from "@/lib/api/server-clock";
import { formatBytes } from "@/lib/text/bytes";
import { counted } from "@/lib/text/counted";
import { formatAge, formatCount, formatMoment, useZone } from "@/lib/time/time";
import { type ApiKey, keyState, usageToday } from "./api-key-queries";

/** The columns of the table of API keys. */
export function useKeyColumns(): Column<ApiKey>[] {
  const [zone] = useZone();
  const moment = (at: string) => formatMoment(new Date(at), zone);
  const now = serverNow();
  return [
    {
      name: "Name",
      cell: (key) => (
        <span className={key.revoked_at ? "muted" : "strong"} title={`created ${moment(key.created_at)}`}>
          {key.name}
        </span>
      ),
    },
    { name: "Starts with", cell: (key) => <span className="mono">llk_{key.id}_</span>, wide: true },
    { name: "May", cell: (key) => [...key.scopes].sort().join(", ") },
    {
      name: "State",
      cell: (key) => {
        const state = keyState(key, now);
        if (state === "valid" && key.replaced_by && key.expires_at) {
          return (
            <span className="caution" title={`llk_${key.replaced_by}_ replaces it`}>
              ▲ replaced, ends {formatAge(new Date(key.expires_at), now)}
            </span>
          );
        }
        if (state === "valid") return <span className="ok">✓ valid</span>;
        return <span className="muted">✕ {state}</span>;
      },
    },
    {
      name: "Expires",
      cell: (key) =>
        key.expires_at ? (
          <span title={moment(key.expires_at)}>{formatAge(new Date(key.expires_at), now)}</span>
        ) : (
          <span className="muted">never</span>
        ),
      wide: true,
    },
    {
      name: "Limits",
      cell: (key) =>
        key.max_bytes_per_s || key.daily_quota_bytes ? (
          [
            key.max_bytes_per_s ? `${formatBytes(key.max_bytes_per_s)}/s` : "",
            key.daily_quota_bytes ? `${formatBytes(key.daily_quota_bytes)} a day` : "",
          ]
            .filter(Boolean)
            .join(", ")
        ) : (
          <span className="muted">none</span>
        ),
      wide: true,
    },
    { name: "Sent today", cell: (key) => <SentToday apiKey={key} now={now} /> },
    {
      name: "Last used",
      cell: (key) =>
        key.last_used_at ? (
          <span title={moment(key.last_used_at)}>{formatAge(new Date(key.last_used_at), now)}</span>
        ) : (
          <span className="muted">never</span>
        ),
    },
  ];
}

function SentToday({ apiKey, now }: { apiKey: ApiKey; now: Date }) {
  const today = usageToday(apiKey, now);
  if (!today) return <span className="muted">nothing</span>;
  const quota = apiKey.daily_quota_bytes;
  const share = quota ? ` (${Math.floor((100 * today.bytes) / quota)} %)` : "";
  const lastDays = (apiKey.usage ?? []).map(
    (day) =>
      `${day.day}: ${counted(day.entries, "entry", "entries")}, ${formatBytes(day.bytes)}, ${counted(day.refused, "request")} refused`,
  );
  return (
    <span title={lastDays.join("\n")}>
      {counted(today.entries, "entry", "entries")}, {formatBytes(today.bytes)}
      {share}
      {today.refused > 0 ? <span className="caution"> · {formatCount(today.refused)} refused</span> : null}
    </span>
  );
}
