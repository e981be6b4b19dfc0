import { Button, Drawer } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { CopyButton } from "@/components/copy-button";
import { counted } from "@/lib/text/counted";
import classes from "./comparison.module.css";
import type { GeneratedChecks, TestComparison } from "./comparison-queries";
import { asSentence } from "./verdict-words";

/** A test of the logs that fails on this run and passes on the green ones, or why there is none. */
export function GeneratedCheckDrawer({
  comparison,
  onClose,
}: {
  comparison: TestComparison;
  onClose: () => void;
}) {
  const { generated, not_generated: reason } = comparison;
  return (
    <Drawer opened onClose={onClose} title="A test of the logs" size={720}>
      {generated ? (
        <Generated generated={generated} />
      ) : (
        <p>
          No test is offered. {asSentence(reason ?? "the logs have no difference that a test could check")}
        </p>
      )}
    </Drawer>
  );
}

function Generated({ generated }: { generated: GeneratedChecks }) {
  const { file_name: name, code, violations } = generated;
  const run = `pytest --logloop tests ${name}`;
  return (
    <div className={classes.generated}>
      <div>
        <h3>It fails on this run</h3>
        <ul>
          {violations.map((violation) => (
            <li key={violation}>{violation}</li>
          ))}
        </ul>
      </div>
      <p>
        <span className="ok">✓</span> It passes on {counted(generated.green_runs, "green run")}.
      </p>
      <div className="row">
        <h3 className="mono clip grow" title={name}>
          {name}
        </h3>
        <CopyButton text={code} label="Copy" />
        <Button
          leftSection={<IconDownload size={14} aria-hidden />}
          renderRoot={(props) => (
            <a
              href={`data:text/x-python;charset=utf-8,${encodeURIComponent(code)}`}
              download={name}
              {...props}
            />
          )}
        >
          Download
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard. */}
      <section className={classes.code} tabIndex={0} aria-label={`Source of ${name}`}>
        <pre>{code}</pre>
      </section>
      <div>
        <h3>How to run it</h3>
        <p>Put the file beside your tests, and run it together with them:</p>
        <div className="row">
          <code className="clip grow">{run}</code>
          <CopyButton text={run} label="Copy the command" iconOnly />
        </div>
      </div>
    </div>
  );
}
