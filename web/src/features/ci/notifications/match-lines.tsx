import { Link } from "@tanstack/react-router";
import { SeverityMark } from "@/components/severity";
import { formatMoment, useZone } from "@/lib/time/time";
import type { Notification } from "./notification-queries";
import classes from "./notifications.module.css";

type Match = Notification["matches"][number];

/** Returns the part of an address of this installation that a page is at; nothing of another form. */
export function pagePath(link: string): string | null {
  const url = URL.parse(link);
  return url && /^https?:$/.test(url.protocol) ? `${url.pathname}${url.search}` : null;
}

/** The lines that a message shows of one match, each with a link to it, and a link to them all. */
export function MatchLines({ project, match }: { project: string; match: Match }) {
  const [zone] = useZone();
  const page = pagePath(match.link);
  const lines = match.lines ?? [];
  const count = match.count ?? 1;
  return (
    <section className={classes.match} aria-label={`Lines of ${match.rule_name}`}>
      <div className="row">
        <h3 className="grow">{match.rule_name}</h3>
        {page ? (
          <a className="underlined" href={page}>
            {lines.length > 1
              ? "these lines in Logs"
              : match.kind === "log"
                ? "the line"
                : `the ${match.kind}`}
          </a>
        ) : null}
      </div>
      {lines.length > 0 ? (
        <table aria-label="Matching lines" className={classes.lines}>
          <tbody>
            {lines.map((line) => (
              <tr key={line.link}>
                <td className="mono">{formatMoment(new Date(line.at), zone)}</td>
                <td>{line.severity ? <SeverityMark severity={line.severity} /> : null}</td>
                <td className="mono">
                  <Link
                    to="/projects/$project/logs/$log"
                    params={{ project, log: line.link.split("/").at(-1) ?? "" }}
                  >
                    {line.message}
                  </Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="mono">{match.line}</p>
      )}
      {count > lines.length && lines.length > 0 ? (
        <p className="muted">{count} lines in the window of the rule; these are the latest.</p>
      ) : null}
    </section>
  );
}
