import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Log } from "@/features/ci/ci-queries";
import { useRights } from "@/lib/api/session";

/** Opens the form of a new rule with what a line says: its service, severity and words. */
export function RuleFromLine({ log }: { log: Log }) {
  const rights = useRights(log.project_id);
  if (!rights.edit) return null;
  return (
    <Button
      renderRoot={(props) => (
        <Link
          to="/projects/$project/ci/rules/new"
          params={{ project: log.project_id }}
          search={{
            service: log.service_id,
            severity: log.severity,
            text: log.message.split("\n")[0]?.slice(0, 200),
          }}
          {...props}
        />
      )}
    >
      Rule from this…
    </Button>
  );
}
