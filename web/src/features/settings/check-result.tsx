import classes from "./settings.module.css";
import type { CheckedSettings } from "./settings-queries";

/** What a test of settings found, with the provider's own words. */
export function CheckResult({ result, inset = true }: { result: CheckedSettings; inset?: boolean }) {
  return (
    <div
      className={classes.result}
      style={inset ? undefined : { marginLeft: 0 }}
      role="status"
      data-ok={result.ok || undefined}
      data-failed={result.ok ? undefined : true}
    >
      <strong className={result.ok ? "ok" : "bad"}>
        {result.ok ? "✓ Works" : `✕ ${result.status ? `The provider returned ${result.status}` : "Failed"}`}
      </strong>
      <span className="mono">{result.detail}</span>
      {result.models.length > 0 ? <span className="muted">{result.models.length} models</span> : null}
    </div>
  );
}
