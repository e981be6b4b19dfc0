import { Link } from "@tanstack/react-router";
import type { Rule } from "../rules/rule-queries";
import { StateMark } from "../state-mark";
import { conditionName, type StatedCondition } from "./workflow-queries";
import classes from "./workflows.module.css";

/** The conditions that a file states, each with its rule when it has one. */
export function ConditionTable({
  project,
  stated,
  rules,
}: {
  project: string;
  stated: readonly StatedCondition[];
  rules?: readonly Rule[];
}) {
  return (
    <table className={classes.table} aria-label="Conditions">
      <thead>
        <tr>
          <th>Entry</th>
          <th className={classes.wide}>Watches</th>
          <th>Condition</th>
          <th className={classes.wide}>Within</th>
          <th className={classes.wide}>Quiet for</th>
          <th className={classes.wide}>Starts</th>
          {rules ? <th>Rule</th> : null}
        </tr>
      </thead>
      <tbody>
        {stated.map((item) => (
          <tr key={item.key}>
            <td>
              {conditionName(item.key)} <span className="muted small">line {item.line}</span>
            </td>
            <td className={classes.wide}>{item.on}</td>
            <td>
              <code>{item.condition}</code>
            </td>
            <td className={classes.wide}>{item.window ?? ""}</td>
            <td className={classes.wide}>{item.cooldown ?? ""}</td>
            <td className={classes.wide}>{item.starts ?? "this workflow"}</td>
            {rules ? (
              <td>
                <RuleOf project={project} rule={rules.find(({ source }) => source?.key === item.key)} />
              </td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RuleOf({ project, rule }: { project: string; rule: Rule | undefined }) {
  if (!rule) return <span className="muted">none</span>;
  return (
    <span className="row">
      <StateMark tone={rule.enabled ? "good" : "quiet"}>{rule.enabled ? "on" : "off"}</StateMark>
      <Link to="/projects/$project/ci/rules/$rule" params={{ project, rule: rule.id }}>
        its rule
      </Link>
    </span>
  );
}
