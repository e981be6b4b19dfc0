import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { Confirm } from "@/components/records/confirm";
import { type CheckedSettings, deleteSettings, testSettings } from "./settings-queries";

/** Testing and deleting stored settings. */
export function useSettingsActions(
  scope: string | undefined,
  kind: "llm" | "github",
  source: "project" | "default" | "none" | undefined,
): {
  result: CheckedSettings | undefined;
  test: () => void;
  isTesting: boolean;
  clear: () => void;
  problem: ReactNode;
  /** Deletes the settings of the scope; nothing when it has none of its own. */
  remove: ReactNode;
} {
  const queryClient = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const test = useMutation({ mutationFn: async () => testSettings(scope, kind) });
  const remove = useMutation({
    mutationFn: async () => deleteSettings(scope, kind),
    onSuccess: async () => {
      setIsAsking(false);
      test.reset();
      await queryClient.invalidateQueries({ queryKey: ["settings"] });
    },
  });
  const hasOwn = scope === undefined ? source !== "none" : source === "project";
  const action = scope === undefined ? "Delete the default" : "Use the default of the installation";
  return {
    result: test.data,
    test: () => test.mutate(),
    isTesting: test.isPending,
    clear: () => test.reset(),
    problem: test.error ? <ProblemNotice error={test.error} title="Not tested." /> : null,
    remove: hasOwn ? (
      <>
        <Button variant="subtle" onClick={() => setIsAsking(true)}>
          {action}…
        </Button>
        <Confirm
          opened={isAsking}
          title={`${action}?`}
          action="Delete these settings"
          busy={remove.isPending}
          error={remove.error}
          onClose={() => setIsAsking(false)}
          onConfirm={() => remove.mutate()}
        >
          The settings here and their stored secrets are deleted. The secrets cannot be brought back.
        </Confirm>
      </>
    ) : null,
  };
}
