import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { Confirm } from "@/components/records/confirm";
import { useRights } from "@/lib/api/session";
import { counted } from "@/lib/text/counted";
import { formatAge, formatMoment, useZone } from "@/lib/time/time";
import { summaryOptions } from "../ci-queries";
import { type Pause, pauseOptions, resume, type Scope } from "./pause-queries";

/** Says on each page of CI that something is paused: by whom, since when, why, and what it holds. */
export function PauseBanner({ project }: { project: string }) {
  const rights = useRights(project);
  const state = useQuery(pauseOptions(project));
  const summary = useQuery(summaryOptions(project)).data;
  const queryClient = useQueryClient();
  const [asked, setAsked] = useState<Scope | null>(null);
  const close = () => {
    setAsked(null);
    end.reset();
  };
  const end = useMutation({
    mutationFn: (scope: Scope) => resume(project, scope),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["ci", project] });
      close();
    },
  });
  if (state.error && !state.data) {
    return (
      <ProblemNotice
        error={state.error}
        title="It is not known whether the project is paused."
        onRetry={() => void state.refetch()}
      />
    );
  }
  const waiting = summary?.dispatches.by_state.pending ?? 0;
  const held = summary
    ? [counted(summary.rules.enabled, "rule"), counted(waiting, "waiting dispatch", "waiting dispatches")]
    : [];
  const { everything, project: own } = state.data ?? {};
  return (
    <>
      {everything ? (
        <Paused
          what="Every project"
          pause={everything}
          held={held}
          onResume={rights.installation ? () => setAsked("everything") : undefined}
        />
      ) : null}
      {own ? (
        <Paused
          what="This project"
          pause={own}
          held={held}
          onResume={rights.edit ? () => setAsked("project") : undefined}
        />
      ) : null}
      <Confirm
        opened={asked !== null}
        title={asked === "everything" ? "Resume every project?" : `Resume ${project}?`}
        action="Resume"
        busy={end.isPending}
        error={end.error}
        onClose={close}
        onConfirm={() => asked && end.mutate(asked)}
      >
        {asked === "project" && everything
          ? "Everything stays paused, so the rules and dispatches of this project are still held."
          : `Rules fire again, and what waits is sent at once: ${counted(waiting, "dispatch", "dispatches")} of this project.`}
      </Confirm>
    </>
  );
}

function Paused({
  what,
  pause,
  held,
  onResume,
}: {
  what: string;
  pause: Pause;
  held: readonly string[];
  onResume: (() => void) | undefined;
}) {
  const [zone] = useZone();
  const at = new Date(pause.at);
  return (
    <Notice tone="warn" action={onResume ? <Button onClick={onResume}>Resume…</Button> : null}>
      <strong>{what} is paused</strong> by {pause.by} since {formatMoment(at, zone)}{" "}
      <span className="soft">({formatAge(at)})</span>
      {pause.reason ? `: ${pause.reason}` : ", without a reason"}.
      {held.length > 0 ? <span className="soft"> Held here: {held.join(" and ")}.</span> : null}
    </Notice>
  );
}
