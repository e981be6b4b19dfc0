import { IconCheck } from "@tabler/icons-react";
import { formatAge } from "@/lib/time/time";
import type { Dispatch } from "../../ci-queries";
import classes from "../chains.module.css";

type Reason = NonNullable<Dispatch["reason"]>;

/** Shortens a value that a clause read. */
function valueText(value: unknown): string {
  const text = typeof value === "string" ? `"${value}"` : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 78)}…` : text;
}

/** What a condition saw when its rule fired, and how far its gates were from closing. */
export function FiringReason({ reason }: { reason: Reason }) {
  const { gates } = reason;
  return (
    <div className={classes.reason}>
      <div>
        {reason.clauses?.map((clause) => (
          <div key={clause.text} className={classes.clause}>
            <IconCheck
              size={14}
              className="ok"
              aria-label="holds"
              style={{ flex: "none", alignSelf: "center" }}
            />
            <span>
              {clause.text}{" "}
              {Object.values(clause.values ?? {}).map((value) => (
                <span key={valueText(value)} className="muted">
                  was <b>{valueText(value)}</b>{" "}
                </span>
              ))}
            </span>
          </div>
        ))}
      </div>
      {gates ? (
        <div>
          <div className={classes.gate}>
            <span>cooldown</span>
            <span>
              <b>{gates.cooldown}</b>
              {gates.last_fired_at
                ? `, fired before ${formatAge(new Date(gates.last_fired_at), new Date(reason.at))}`
                : ", not fired before within a day"}
            </span>
          </div>
          <div className={classes.gate}>
            <span>hops</span>
            <span>
              <b>{gates.hop}</b> of {gates.max_hops}
            </span>
          </div>
          <div className={classes.gate}>
            <span>budget</span>
            <span>
              <b>{gates.fired_last_hour + 1}</b> of {gates.per_hour} this hour,{" "}
              <b>{gates.fired_last_day + 1}</b> of {gates.per_day} this day
            </span>
          </div>
        </div>
      ) : null}
    </div>
  );
}
