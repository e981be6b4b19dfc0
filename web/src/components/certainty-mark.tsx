import type { ReactNode } from "react";
import classes from "./certainty-mark.module.css";

/** How certain a conclusion is: ◆ filled, half filled or hollow, and a word. */
export function CertaintyMark({
  certainty,
  children,
}: {
  certainty: "full" | "half" | "none";
  children: ReactNode;
}) {
  return (
    <span className={classes.mark}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <path
          d="M6 1.2 10.8 6 6 10.8 1.2 6z"
          fill={certainty === "full" ? "var(--accent)" : "none"}
          stroke="var(--accent)"
          strokeWidth="1.6"
        />
        {certainty === "half" ? <path d="M6 1.2V10.8L1.2 6z" fill="var(--accent)" /> : null}
      </svg>
      {children}
    </span>
  );
}
