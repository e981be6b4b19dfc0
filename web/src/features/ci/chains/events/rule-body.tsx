import { Link } from "@tanstack/react-router";
import type { Dispatch } from "../../ci-queries";
import { StateMark } from "../../state-mark";
import classes from "../chains.module.css";
import { EventLine } from "./event-line";
import { FiringReason } from "./firing-reason";

type RuleBodyProps = {
  project: string;
  dispatch: Dispatch;
  /** Goes to the cause, when it is not the event above. */
  onBack: (() => void) | undefined;
};

/** A rule that fired, and why. */
export function RuleBody({ project, dispatch, onBack }: RuleBodyProps) {
  const { rule_id: rule, reason } = dispatch;
  return (
    <>
      <EventLine
        kind="Rule"
        links={
          <>
            {onBack ? (
              <button type="button" className="linkButton" onClick={onBack}>
                its cause
              </button>
            ) : null}
            {rule ? (
              <Link to="/projects/$project/ci/rules/$rule" params={{ project, rule }}>
                why it fires
              </Link>
            ) : null}
          </>
        }
      >
        <strong>{dispatch.rule_name ?? "A deleted rule"}</strong>
        <StateMark tone="good">{dispatch.dry_run ? "fired, dry run" : "fired"}</StateMark>
      </EventLine>
      {reason ? (
        <div className={classes.more}>
          <FiringReason reason={reason} />
        </div>
      ) : null}
    </>
  );
}
