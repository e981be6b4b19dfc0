import { useRouter } from "@tanstack/react-router";
import { type Command, useCommands } from "@/lib/commands";
import { useRights } from "@/lib/session";
import type { Analysis } from "../analysis-queries";
import { ruleFormHref } from "./rule-link";
import { ruleFinding } from "./suggested-finding";

/** The keys of a report: 1 to 9 show a cited line, R opens the form for a rule. */
export function useReportCommands(
  analysis: Analysis | undefined,
  numbers: ReadonlyMap<string, number>,
  onShow: (logId: string) => void,
): void {
  const router = useRouter();
  const { edit } = useRights(analysis?.project_id ?? "");
  const suggested = analysis ? ruleFinding(analysis) : null;
  const cited = [...numbers].filter(([, number]) => number <= 9);
  useCommands([
    ...cited.map(
      ([id, number]): Command => ({
        id: `cited-${number}`,
        label: `Show cited line ${number}`,
        group: "Report",
        keys: [String(number)],
        run: () => onShow(id),
        inPalette: false,
      }),
    ),
    ...(analysis && edit && suggested
      ? [
          {
            id: "rule-from-report",
            label: "Create a rule from this report",
            group: "Report",
            keys: ["r"],
            run: () =>
              router.history.push(
                ruleFormHref(
                  analysis.project_id,
                  analysis.id,
                  analysis.scope,
                  suggested.finding,
                  suggested.number,
                ),
              ),
          },
        ]
      : []),
  ]);
}
