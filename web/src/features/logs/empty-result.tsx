import { Button } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { content, query } from "@/lib/api/client";
import { removeTerm, splitTerms } from "@/lib/text/filter-text";
import { formatAge, formatCount, formatMoment, useZone } from "@/lib/time/time";
import type { TimeRange } from "@/lib/time/time-range";
import { facetsOptions, type Log, type LogScope } from "./log-queries";
import classes from "./log-viewer.module.css";
import type { ResolvedScope } from "./use-log-scope";

type EmptyResultProps = {
  resolved: ResolvedScope;
  onFilter: (filter: string) => void;
  onRange: (range: TimeRange) => void;
};

const AROUND_MS = 5 * 60_000;

/** Says why nothing is shown: what each term costs, and where the nearest matching line is. */
export function EmptyResult({ resolved, onFilter, onRange }: EmptyResultProps) {
  const { scope, start, end } = resolved;
  const [zone] = useZone();
  const terms = splitTerms(scope.q).filter(({ text }) => text !== "");
  const all = useQuery(facetsOptions({ ...scope, q: "" }, ["severity"], 1));
  const without = useQueries({
    queries: (terms.length > 1 ? terms : []).map(({ text }) =>
      facetsOptions({ ...scope, q: removeTerm(scope.q, text) }, ["severity"], 1),
    ),
  });
  const nearest = useQuery({
    queryKey: ["logs", "nearest", scope],
    queryFn: ({ signal }) => findNearest(scope, signal),
  });
  const total = all.data?.total ?? 0;
  return (
    <div className={classes.empty}>
      <p>
        <strong>{scope.q ? `0 of ${formatCount(total)} lines match` : "No lines"}</strong>{" "}
        <span className="soft">
          {start ? `from ${formatMoment(start, zone)} ` : ""}to {formatMoment(end, zone)}.
        </span>
      </p>
      {terms.length > 1 ? (
        <ul>
          {terms.map(({ text }, index) => (
            <li key={text} className="row">
              Without <code>{text}</code>: {formatCount(without[index]?.data?.total ?? 0)} lines
              <Button onClick={() => onFilter(removeTerm(scope.q, text))}>Remove it</Button>
            </li>
          ))}
        </ul>
      ) : null}
      {nearest.data ? (
        <p className="row">
          Nearest matching line: {formatMoment(new Date(nearest.data.timestamp), zone)},{" "}
          {formatAge(new Date(nearest.data.timestamp), end)}
          <Button onClick={() => nearest.data && onRange(rangeAround(nearest.data))}>Go there</Button>
        </p>
      ) : nearest.isSuccess ? (
        <p className="soft">No line matches at any other time either.</p>
      ) : null}
    </div>
  );
}

async function findNearest(scope: LogScope, signal: AbortSignal): Promise<Log | null> {
  const { since, until, ...rest } = scope;
  const find = async (bounds: { since?: string; until?: string }, order: "asc" | "desc") => {
    const params = { query: { ...rest, ...bounds, order, limit: 1 } };
    return content(await query.GET("/api/v1/logs", { params, signal })).items[0] ?? null;
  };
  const before = since ? await find({ until: since }, "desc") : null;
  return before ?? (until ? find({ since: until }, "asc") : null);
}

function rangeAround(log: Log): TimeRange {
  const at = Date.parse(log.timestamp);
  return { from: new Date(at - AROUND_MS).toISOString(), to: new Date(at + AROUND_MS).toISOString() };
}
