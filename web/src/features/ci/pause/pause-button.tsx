import { Button, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { IconPlayerPause } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { pause, pauseOptions, type Scope } from "./pause-queries";

/** The kill switch: pauses the project, or everything for administrators of the installation. */
export function PauseButton({ project }: { project: string }) {
  const rights = useRights(project);
  const state = useQuery(pauseOptions(project)).data;
  const [asks, setAsks] = useState(false);
  const scopes: Scope[] = [];
  if (rights.edit && state && !state.project) scopes.push("project");
  if (rights.installation && state && !state.everything) scopes.push("everything");
  const [first] = scopes;
  useCommands(
    first
      ? [
          {
            id: "ci-pause",
            label: "Pause rules and dispatches",
            group: "CI",
            keys: [],
            run: () => setAsks(true),
          },
        ]
      : [],
  );
  if (!first) return null;
  return (
    <>
      <Button
        variant="subtle"
        leftSection={<IconPlayerPause size={14} aria-hidden />}
        onClick={() => setAsks(true)}
      >
        Pause…
      </Button>
      {asks ? <PauseDialog project={project} scopes={scopes} onClose={() => setAsks(false)} /> : null}
    </>
  );
}

function PauseDialog({
  project,
  scopes,
  onClose,
}: {
  project: string;
  scopes: readonly Scope[];
  onClose: () => void;
}) {
  const queryClient = useQueryClient();
  const [scope, setScope] = useState<Scope>(scopes[0] ?? "project");
  const [reason, setReason] = useState("");
  const start = useMutation({
    mutationFn: () => pause(project, scope, reason),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["ci", project] });
      onClose();
    },
  });
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate();
  };
  const what = scope === "project" ? "project" : "everything";
  return (
    <Modal opened onClose={onClose} title={scope === "project" ? `Pause ${project}?` : "Pause everything?"}>
      <form onSubmit={handleSubmit} style={{ display: "flex", flexDirection: "column", gap: 12 }}>
        {start.error ? <ProblemNotice error={start.error} title="Nothing is paused." /> : null}
        {scopes.length > 1 ? (
          <SegmentedControl
            fullWidth
            aria-label="What to pause"
            data={[
              { value: "project", label: `the project ${project}` },
              { value: "everything", label: "every project" },
            ]}
            value={scope}
            onChange={(value) => setScope(value === "everything" ? "everything" : "project")}
          />
        ) : null}
        <p className="soft">
          No rule fires and no workflow starts, until they are resumed. A rule that matches is recorded as
          blocked and does not fire later. Dispatches that already wait are sent afterwards; one that is being
          sent right now may still arrive.
        </p>
        <TextInput
          label="Reason"
          description="Everyone who may read the project sees it."
          placeholder="a workflow misbehaves"
          maxLength={500}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <div className="row">
          <Button type="submit" variant="filled" loading={start.isPending}>
            Pause {what}
          </Button>
          <Button variant="subtle" onClick={onClose}>
            Cancel
          </Button>
        </div>
      </form>
    </Modal>
  );
}
