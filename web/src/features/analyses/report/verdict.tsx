import classes from "./report.module.css";
import { verdictName } from "./verdict-name";

/** How certain a report is: ◆ filled, half filled or hollow, and the word. */
export function VerdictMark({ verdict }: { verdict: string | null | undefined }) {
  return (
    <span className={classes.verdict}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <path
          d="M6 1.2 10.8 6 6 10.8 1.2 6z"
          fill={verdict === "confirmed" ? "var(--accent)" : "none"}
          stroke="var(--accent)"
          strokeWidth="1.6"
        />
        {verdict === "likely" ? <path d="M6 1.2V10.8L1.2 6z" fill="var(--accent)" /> : null}
      </svg>
      {verdictName(verdict)}
    </span>
  );
}
