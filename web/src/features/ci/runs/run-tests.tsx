import { Button } from "@mantine/core";
import { useState } from "react";
import { formatCount } from "@/lib/time/time";
import { OutcomeMark } from "./outcome-mark";
import type { TestView } from "./run-output";
import classes from "./run-page.module.css";

const SHOWN_PASSED = 20;

/** The tests that the output reports. A click shows the lines of a test. */
export function RunTests({
  tests,
  selected,
  onSelect,
}: {
  tests: readonly TestView[];
  selected: string | undefined;
  onSelect: (test: TestView) => void;
}) {
  const [showsAll, setShowsAll] = useState(false);
  const count = (outcome: TestView["outcome"]) => tests.filter((test) => test.outcome === outcome).length;
  const [failed, passed, skipped] = [count("failed"), count("passed"), count("skipped")];
  const shown = showsAll ? tests : tests.slice(0, tests.length - Math.max(0, passed - SHOWN_PASSED));
  return (
    <aside className={classes.tests} aria-label="Tests">
      <div className={classes.title}>
        <strong>Tests</strong>
        <span className="muted">{formatCount(tests.length)}</span>
        <span className="grow" />
        <span className="muted small">as the output reports them</span>
      </div>
      {tests.length === 0 ? (
        <p className={`muted ${classes.note}`}>The output names no test.</p>
      ) : (
        <>
          <div className={classes.title} style={{ borderBottom: 0 }}>
            <span className="bad strong">{failed} failed</span>
            <span className="ok">{passed} passed</span>
            <span className="muted">{skipped} skipped</span>
          </div>
          <div className={classes.shares} aria-hidden>
            <i className={classes.failed} style={{ flexGrow: failed }} hidden={failed === 0} />
            <i className={classes.passed} style={{ flexGrow: passed }} hidden={passed === 0} />
            <i className={classes.skipped} style={{ flexGrow: skipped }} hidden={skipped === 0} />
          </div>
        </>
      )}
      {shown.map((test) => (
        <button
          key={test.id}
          type="button"
          className={classes.entry}
          aria-current={test.id === selected}
          disabled={test.lines.length === 0}
          title={test.id}
          onClick={() => onSelect(test)}
        >
          <OutcomeMark outcome={test.outcome} />
          <span className="clip">{test.id.split("::").slice(1).join(" › ") || test.id}</span>
        </button>
      ))}
      {shown.length < tests.length ? (
        <Button variant="subtle" onClick={() => setShowsAll(true)}>
          {formatCount(tests.length - shown.length)} more passed
        </Button>
      ) : null}
    </aside>
  );
}
