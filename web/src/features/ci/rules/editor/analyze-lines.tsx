import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { filterOfRule } from "./condition/rule-filter";
import type { RuleSettings } from "./source/rule-source";

type AnalyzeLinesProps = { project: string; condition: string; settings: RuleSettings; range: string };

/** Opens the lines that a rule watches with the Analyze panel. */
export function AnalyzeLines({ project, condition, settings, range }: AnalyzeLinesProps) {
  if ((settings.on ?? "logs") !== "logs") return null;
  return (
    <Button
      renderRoot={(props) => (
        <Link
          to="/projects/$project/logs"
          params={{ project }}
          search={{ q: filterOfRule(settings, condition), range, analysis: "new" }}
          {...props}
        />
      )}
    >
      Analyze its lines…
    </Button>
  );
}
