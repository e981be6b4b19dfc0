import { StateMark } from "@/features/ci/state-mark";
import type { useRuleSource } from "./source/use-rule-source";

/** What the last check said, in a word. */
export function CheckMark({ editing }: { editing: ReturnType<typeof useRuleSource> }) {
  const { errors, warnings, problem, settings, isChecking } = editing;
  const count =
    errors.condition.length +
    errors.action.length +
    errors.other.length +
    (settings.error ? 1 : 0) +
    (problem?.violations.length ?? 0);
  return (
    <span className="row" role="status">
      {count > 0 ? (
        <StateMark tone="bad">
          {count} {count === 1 ? "error" : "errors"}
        </StateMark>
      ) : editing.isValid ? (
        <StateMark tone="good">valid</StateMark>
      ) : editing.draft?.name === "" && editing.result?.valid ? (
        <StateMark tone="caution">needs a name</StateMark>
      ) : isChecking ? (
        <StateMark tone="waiting">checking</StateMark>
      ) : null}
      {warnings.length > 0 ? (
        <StateMark tone="caution">
          {warnings.length} {warnings.length === 1 ? "hint" : "hints"}
        </StateMark>
      ) : null}
    </span>
  );
}
