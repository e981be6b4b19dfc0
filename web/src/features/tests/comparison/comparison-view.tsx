import { useMemo, useState } from "react";
import type { TestComparison } from "./comparison-queries";
import { Explanation } from "./explanation";
import { shownRows } from "./rows";
import { SideBySide } from "./side-by-side";

/** What a failed run of a test did differently from its green runs. */
export function ComparisonView({ project, comparison }: { project: string; comparison: TestComparison }) {
  const rows = useMemo(() => shownRows(comparison), [comparison]);
  const rowIds = useMemo(
    () => new Set(rows.flatMap(({ green, run }) => [green, run].flatMap((side) => side?.line.log_id ?? []))),
    [rows],
  );
  const [shownLine, setShownLine] = useState<{ id: string } | null>(null);
  return (
    <>
      <Explanation
        project={project}
        comparison={comparison}
        rowIds={rowIds}
        onShow={(id) => setShownLine({ id })}
      />
      <SideBySide project={project} comparison={comparison} rows={rows} shownLine={shownLine} />
    </>
  );
}
