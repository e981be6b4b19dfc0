import { Button } from "@mantine/core";
import { IconPlayerStop } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Confirm } from "@/components/records/confirm";
import { ciBridge } from "@/lib/api/client";
import { useRights } from "@/lib/api/session";
import type { Run } from "../ci-queries";
import { runName } from "./run-words";

/** Stops a run that goes on, after a question. */
export function StopRun({ project, run }: { project: string; run: Run }) {
  const rights = useRights(project);
  const queryClient = useQueryClient();
  const [asks, setAsks] = useState(false);
  const stop = useMutation({
    mutationFn: async () =>
      ciBridge.POST("/api/v1/ci/runs/{run_id}/cancel", {
        params: { path: { run_id: run.run_id }, query: { project_id: project } },
      }),
    onSuccess: async () => {
      setAsks(false);
      await queryClient.invalidateQueries({ queryKey: ["ci", project, "run", run.run_id] });
    },
  });
  if (!rights.edit || run.status === "completed") return null;
  return (
    <>
      <Button leftSection={<IconPlayerStop size={14} aria-hidden />} onClick={() => setAsks(true)}>
        Stop…
      </Button>
      <Confirm
        opened={asks}
        title={`Stop ${runName(run)}?`}
        action="Stop run"
        busy={stop.isPending}
        error={stop.error}
        onClose={() => {
          setAsks(false);
          stop.reset();
        }}
        onConfirm={() => stop.mutate()}
      >
        {run.emulated
          ? "The emulator ends all its processes. Steps with always() do not run. What was printed so far is kept."
          : "GitHub is asked to cancel it. Steps with always() may still run, so it can take a while."}
      </Confirm>
    </>
  );
}
