import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Confirm } from "@/components/records/confirm";
import { query } from "@/lib/api/client";
import { useRights } from "@/lib/api/session";
import type { LogActions } from "../list/log-details";
import type { Log } from "../log-queries";

const EditLine = lazy(async () => ({ default: (await import("./edit-line")).EditLine }));

/** Editing and deleting single lines, for those who may. */
export function useLineEditing(project: string): {
  actions: Pick<LogActions, "onEdit" | "onDelete">;
  dialogs: ReactNode;
} {
  const rights = useRights(project);
  const queryClient = useQueryClient();
  const [edited, setEdited] = useState<Log | null>(null);
  const [deleted, setDeleted] = useState<Log | null>(null);
  const remove = useMutation({
    mutationFn: async (id: string) => query.DELETE("/api/v1/logs/{id}", { params: { path: { id } } }),
    onSuccess: async () => {
      setDeleted(null);
      await queryClient.invalidateQueries({ queryKey: ["logs"] });
    },
  });
  if (!rights.edit) return { actions: {}, dialogs: null };
  const dialogs = (
    <>
      {edited ? (
        <Suspense fallback={null}>
          <EditLine log={edited} onClose={() => setEdited(null)} />
        </Suspense>
      ) : null}
      <Confirm
        opened={deleted !== null}
        title="Delete this line?"
        action="Delete line"
        busy={remove.isPending}
        error={remove.error}
        onClose={() => setDeleted(null)}
        onConfirm={() => deleted && remove.mutate(deleted.id)}
      >
        It cannot be brought back. The audit trail keeps who deleted it.
      </Confirm>
    </>
  );
  return { actions: { onEdit: setEdited, onDelete: setDeleted }, dialogs };
}
