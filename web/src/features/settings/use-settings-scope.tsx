import { SegmentedControl } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useRights } from "@/lib/api/session";

/** Whether the settings of the project are shown, or the default of the installation, and the switch between them. */
export function useSettingsScope(page: "models" | "github"): {
  project: string;
  scope: string | undefined;
  mayEdit: boolean;
  picker: ReactNode;
} {
  const { project } = useParams({ from: "/signed-in/projects/$project/settings" });
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const rights = useRights(project);
  const isDefault = "scope" in search && search.scope === "default" && rights.installation;
  const picker = rights.installation ? (
    <SegmentedControl
      aria-label="Settings of"
      data={[
        { value: "project", label: `Project ${project}` },
        { value: "default", label: "Default of the installation" },
      ]}
      value={isDefault ? "default" : "project"}
      onChange={(value) =>
        void navigate({
          to: `/projects/$project/settings/${page}`,
          params: { project },
          search: value === "default" ? { scope: "default" } : {},
        })
      }
    />
  ) : null;
  return { project, scope: isDefault ? undefined : project, mayEdit: rights.administer, picker };
}
