import { useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useSyncExternalStore } from "react";
import { useSession } from "@/lib/api/session";
import { type Command, useCommands } from "@/lib/page/commands";
import { areasOf } from "../shell/areas";
import { useColorScheme } from "../use-color-scheme";

const loadDialog = async () => ({ default: (await import("./command-dialog")).CommandDialog });
const CommandDialog = lazy(loadDialog);
const LOAD_AFTER_MS = 3000;

let opened = false;
const listeners = new Set<() => void>();
function setOpened(value: boolean): void {
  opened = value;
  for (const listener of listeners) listener();
}
export const openPalette = (): void => setOpened(true);

function usePaletteOpened(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => opened,
  );
}

function useGlobalCommands(): Command[] {
  const navigate = useNavigate();
  const { project } = useParams({ strict: false });
  const { scheme, choose } = useColorScheme();
  const session = useSession();
  const areas = project ? areasOf(project) : [];
  return [
    {
      id: "palette",
      label: "Open the command palette",
      group: "Everywhere",
      keys: ["Ctrl+k"],
      run: openPalette,
      inFields: true,
      inPalette: false,
    },
    {
      id: "theme",
      label: `Use the ${scheme === "dark" ? "light" : "dark"} theme`,
      group: "Everywhere",
      keys: [],
      run: () => choose(scheme === "dark" ? "light" : "dark"),
    },
    ...areas.map(
      ({ name, to, params }): Command => ({
        id: `go-${name}`,
        label: `Go to ${name}`,
        group: "Go to",
        keys: [],
        run: () => void navigate({ to, params }),
      }),
    ),
    ...(session?.projects ?? []).map(
      (item): Command => ({
        id: `project-${item.project_id}`,
        label: `Open project ${item.name}`,
        group: "Projects",
        keys: [],
        run: () => void navigate({ to: "/projects/$project/logs", params: { project: item.project_id } }),
      }),
    ),
  ];
}

/** Goes to a page or runs a command by its name. */
export function CommandPalette() {
  const isOpened = usePaletteOpened();
  useCommands(useGlobalCommands());
  // The dialog is there before its first use, so that nothing typed right after Ctrl+K is lost.
  useEffect(() => {
    const timer = setTimeout(() => void loadDialog().catch(() => undefined), LOAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isOpened) return null;
  return (
    <Suspense fallback={null}>
      <CommandDialog onClose={() => setOpened(false)} />
    </Suspense>
  );
}
