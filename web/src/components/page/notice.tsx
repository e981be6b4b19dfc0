import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { asProblem } from "@/lib/api/problem";
import classes from "./notice.module.css";

/** One sentence in place, with what the user can do about it. It covers nothing. */
export function Notice({
  tone,
  children,
  action,
}: {
  tone: "error" | "warn" | "info";
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={`${classes.notice} ${classes[tone]}`} role={tone === "error" ? "alert" : "status"}>
      <span aria-hidden>{tone === "error" ? "■" : tone === "warn" ? "▲" : "●"}</span>
      <span className="grow">{children}</span>
      {action}
    </div>
  );
}

/** Says what failed and, for an outage, that the page tries again by itself. */
export function ProblemNotice({
  error,
  onRetry,
  title,
}: {
  error: unknown;
  onRetry?: () => void;
  title?: string;
}) {
  const problem = asProblem(error);
  const reasons = problem.violations
    .map(({ field, reason }) => (field ? `${field}: ${reason}` : reason))
    .filter((reason) => reason && !problem.message.includes(reason));
  return (
    <Notice
      tone="error"
      action={
        <>
          {problem.requestId ? <span className="small muted mono">request {problem.requestId}</span> : null}
          {onRetry ? <Button onClick={onRetry}>Try now</Button> : null}
        </>
      }
    >
      <strong>{title ? `${title} ` : ""}</strong>
      {[problem.message, ...reasons].join(" ")}
      {problem.isOutage ? (
        <span className="muted"> Trying again by itself; nothing you typed is lost.</span>
      ) : null}
    </Notice>
  );
}
