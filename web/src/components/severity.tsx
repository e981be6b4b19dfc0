import classes from "./severity.module.css";

export const SEVERITIES = ["error", "warn", "info", "debug"] as const;
export type Severity = (typeof SEVERITIES)[number];

const SHAPES: Record<string, [shape: string, word: string, style: string | undefined]> = {
  debug: ["○", "DBG", classes.debug],
  info: ["●", "INF", classes.info],
  warn: ["▲", "WRN", classes.warn],
  error: ["■", "ERR", classes.error],
};

/** A severity as shape and word, so that it does not depend on colour. */
export function SeverityMark({
  severity,
  word = "short",
}: {
  severity: string;
  word?: "short" | "full" | "none";
}) {
  const [shape, short, style] = SHAPES[severity] ?? ["·", severity.slice(0, 3).toUpperCase(), undefined];
  const text = word === "short" ? short : severity;
  return (
    <span className={`${classes.severity} ${style ?? ""}`}>
      <i aria-hidden>{shape}</i>
      <span className={word === "none" ? "visually-hidden" : undefined}>{text}</span>
    </span>
  );
}

/** The fill of a severity in charts. */
export function severityFill(severity: string): string {
  if (severity === "error") return "var(--fill-error)";
  return severity === "warn" ? "var(--fill-warn)" : "var(--fill-other)";
}
