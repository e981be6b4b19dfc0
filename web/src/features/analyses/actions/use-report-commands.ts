import { useNavigate } from "@tanstack/react-router";
import { useRights } from "@/lib/api/session";
import { type Command, useCommands } from "@/lib/page/commands";
import type { Analysis } from "../analysis-queries";
import { ruleFinding, rulePrefill } from "./rule-prefill";

/** The keys of a report: 1 to 9 show a cited line, R opens the form for a rule. */
export function useReportCommands(
  analysis: Analysis | undefined,
  numbers: ReadonlyMap<string, number>,
  onShow: (logId: string) => void,
): void {
  const navigate = useNavigate();
  const { edit } = useRights(analysis?.project_id ?? "");
  const suggested = analysis ? ruleFinding(analysis) : null;
  const cited = [...numbers].filter(([, number]) => number <= 9);
  const commands = cited.map(
    ([id, number]): Command => ({
      id: `cited-${number}`,
      label: `Show cited line ${number}`,
      group: "Report",
      keys: [String(number)],
      run: () => onShow(id),
      inPalette: false,
    }),
  );
  if (analysis && edit && suggested) {
    commands.push({
      id: "rule-from-report",
      label: "Create a rule from this report",
      group: "Report",
      keys: ["r"],
      run: () =>
        void navigate({
          to: "/projects/$project/ci/rules/new",
          params: { project: analysis.project_id },
          search: rulePrefill(analysis, suggested.finding),
        }),
    });
  }
  useCommands(commands);
}
