import { lazy, Suspense, useState } from "react";
import { useCommands } from "@/lib/page/commands";

const KeyDialog = lazy(async () => ({ default: (await import("./key-dialog")).KeyDialog }));

/** Lists the keys that work on this page. */
export function KeyHelp() {
  const [opened, setOpened] = useState(false);
  useCommands([
    { id: "keys", label: "Show all keys", group: "Everywhere", keys: ["?"], run: () => setOpened(true) },
  ]);
  if (!opened) return null;
  return (
    <Suspense fallback={null}>
      <KeyDialog onClose={() => setOpened(false)} />
    </Suspense>
  );
}
