import { Button } from "@mantine/core";
import { useInViewport } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { counted } from "@/lib/text/counted";
import type { FailureVerdict } from "../comparison/comparison-queries";
import { FailureMark } from "../comparison/failure-mark";
import { asSentence } from "../comparison/verdict-words";
import { HistoryCell } from "../outcome-mark";
import { PatternText } from "../pattern-text";
import { testOptions } from "../test-queries";
import classes from "./groups.module.css";

const FEW = 10;

/** Failed tests that have one cause. */
export function Group({
  project,
  title,
  verdict,
  tests,
  openTest,
  onOpen,
}: {
  project: string;
  title: string;
  verdict: FailureVerdict | undefined;
  tests: readonly string[];
  openTest: string | undefined;
  onOpen: (test: string) => void;
}) {
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? tests : tests.slice(0, FEW);
  const ids = [...new Set(shown)];
  return (
    <section className={classes.group}>
      <div className={classes.head}>
        {verdict ? <FailureMark verdict={verdict} /> : null}
        <h2>
          <PatternText text={title} />
        </h2>
        <span className="muted">one cause, {counted(tests.length, "test")}</span>
      </div>
      {verdict ? (
        <p className={classes.reason}>
          {asSentence(verdict.reason)}
          {verdict.settle ? <span className="muted"> Would settle it: {verdict.settle}.</span> : null}
        </p>
      ) : null}
      <ul>
        {ids.map((id) => (
          <GroupedTest
            key={id}
            project={project}
            id={id}
            isOpen={id === openTest}
            onOpen={() => onOpen(id)}
          />
        ))}
      </ul>
      {tests.length > shown.length ? (
        <Button className={classes.more} onClick={() => setShowsAll(true)}>
          Show {counted(tests.length - shown.length, "more test")}
        </Button>
      ) : null}
    </section>
  );
}

/** A test of a group. Its history and its owner are read when it comes into view. */
function GroupedTest({
  project,
  id,
  isOpen,
  onOpen,
}: {
  project: string;
  id: string;
  isOpen: boolean;
  onOpen: () => void;
}) {
  const { ref, inViewport } = useInViewport<HTMLLIElement>();
  const test = useQuery({ ...testOptions(project, id), enabled: inViewport });
  return (
    <li ref={ref} data-open={isOpen || undefined}>
      <button
        type="button"
        className="linkButton mono clip"
        aria-current={isOpen || undefined}
        title={`Compare ${id} with its green runs`}
        onClick={onOpen}
      >
        {id}
      </button>
      <span className="grow" />
      <span className={`muted clip ${classes.owner}`} title="Owner">
        {test.data?.owner}
      </span>
      <span className={classes.history}>
        <HistoryCell project={project} test={id} />
      </span>
    </li>
  );
}
