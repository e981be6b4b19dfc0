import { Button } from "@mantine/core";
import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { ProblemNotice } from "@/components/page/notice";
import layout from "@/components/page/page.module.css";
import { SkeletonRows } from "@/components/page/skeleton";
import { itemsOf } from "@/lib/api/paged";
import { counted } from "@/lib/text/counted";
import { formatAge } from "@/lib/time/time";
import { History, OutcomeMark } from "./outcome-mark";
import { groupFailures } from "./outcomes";
import { historyOptions, testPagesOptions } from "./test-queries";
import classes from "./tests.module.css";

/** Tests whose last run failed, grouped by why they failed. */
export function Failures({ project, onOpen }: { project: string; onOpen: (test: string) => void }) {
  const failed = useInfiniteQuery(testPagesOptions(project, undefined, "failed"));
  const broken = useInfiniteQuery(testPagesOptions(project, undefined, "error"));
  const tests = [...itemsOf(failed), ...itemsOf(broken)];
  const histories = useQueries({
    queries: tests.map((test) => historyOptions(project, test.test_id)),
  });
  const error = failed.error ?? broken.error ?? histories.find((history) => history.error)?.error;
  if (error) return <ProblemNotice error={error} onRetry={() => void failed.refetch()} />;
  if (failed.isPending || broken.isPending || histories.some((history) => history.isPending))
    return <SkeletonRows />;
  const byTest = new Map(histories.flatMap(({ data }) => (data ? [[data.test_id, data.items]] : [])));
  const groups = groupFailures(histories.flatMap(({ data }) => data?.items[0] ?? []));
  if (groups.length === 0) {
    return (
      <div className={layout.empty}>
        <p>
          <span className="ok">✓</span> No test failed when it ran last.
        </p>
      </div>
    );
  }
  return (
    <div className={layout.scroll}>
      {groups.map((group) => (
        <section key={group.pattern} className={classes.group}>
          <h2 className="mono">
            {group.pattern ? <Pattern text={group.pattern} /> : "The failure says no reason."}
            <span className="muted"> {counted(group.tests.length, "test")}</span>
          </h2>
          <ul>
            {group.tests.map(({ id, last }) => (
              <li key={id}>
                <OutcomeMark outcome={last.outcome} />
                <span className="mono grow clip">{id}</span>
                <History items={byTest.get(id) ?? []} />
                <span className="muted">{formatAge(new Date(last.at))}</span>
                <Button onClick={() => onOpen(id)}>Lines</Button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

/** A pattern with the places that vary marked. */
function Pattern({ text }: { text: string }) {
  return text.split(/(<\*>)/).map((part, index) =>
    part === "<*>" ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move.
      <span key={index} className={classes.slot}>
        ‹*›
      </span>
    ) : (
      part
    ),
  );
}
