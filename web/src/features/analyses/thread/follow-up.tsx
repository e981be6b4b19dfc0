import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { useRights } from "@/lib/api/session";
import { type Analysis, analysisOptions, askFollowUp, stopOrDelete } from "../analysis-queries";
import { Composer } from "./composer";

/** Asking about a finished report, and stopping what runs. */
export function useFollowUp(analysis: Analysis | undefined, isRunning: boolean) {
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState("");
  const id = analysis?.id ?? "";
  const ask = useMutation({
    mutationFn: (text: string) => askFollowUp(id, text),
    onSuccess: (updated) => {
      setDraft("");
      queryClient.setQueryData(analysisOptions(id).queryKey, updated);
    },
  });
  const stop = useMutation({
    mutationFn: () => stopOrDelete(id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["analyses"] }),
  });
  return { draft, setDraft, ask, stop, isRunning };
}

type FollowUpProps = {
  project: string;
  analysis: Analysis;
  followUp: ReturnType<typeof useFollowUp>;
  placeholder?: string;
};

/** The field below a thread. Viewers see none. */
export function FollowUpField({ project, analysis, followUp, placeholder }: FollowUpProps) {
  const { edit } = useRights(project);
  const { draft, setDraft, ask, stop, isRunning } = followUp;
  if (!edit) return null;
  if (!isRunning && !analysis.report) return null;
  return (
    <>
      {ask.error || stop.error ? <ProblemNotice error={ask.error ?? stop.error} /> : null}
      <Composer
        text={draft}
        onChange={setDraft}
        onSend={() => ask.mutate(draft.trim())}
        onStop={isRunning ? () => stop.mutate() : null}
        isBusy={ask.isPending || stop.isPending}
        placeholder={placeholder ?? "Ask a follow-up"}
      />
    </>
  );
}
