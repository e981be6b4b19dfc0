import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useRights } from "@/lib/api/session";

/** Leads to the settings of the model, for those who may change them. */
export function ConnectModel({ project }: { project: string }) {
  const { administer } = useRights(project);
  if (!administer) return null;
  return (
    <Button
      mt={8}
      renderRoot={(root) => <Link to="/projects/$project/settings/models" params={{ project }} {...root} />}
    >
      Connect a model
    </Button>
  );
}
