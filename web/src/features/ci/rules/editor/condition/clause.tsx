import { StateMark } from "@/features/ci/state-mark";
import classes from "../rule-editor.module.css";

/** One clause of a condition: whether it held, and the statistics that it read. */
export function Clause({
  part,
  stats,
}: {
  part: { text: string; holds: boolean; error?: string | null };
  stats: Readonly<Record<string, number>>;
}) {
  const read = Object.entries(stats).filter(([name]) => part.text.includes(name));
  return (
    <div className={classes.clause}>
      <StateMark tone={part.holds ? "good" : "bad"}>
        <span className="visually-hidden">{part.holds ? "holds: " : "does not hold: "}</span>
      </StateMark>
      <span>{part.text}</span>
      {read.map(([name, value]) => (
        <span key={name} className="muted">
          {name === "stats.rate" ? "rate" : ""} was <b>{Number(value.toFixed(2))}</b>
        </span>
      ))}
      {part.error ? <span className="bad">{part.error}</span> : null}
    </div>
  );
}
