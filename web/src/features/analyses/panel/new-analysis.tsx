import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { LoopStrip } from "@/components/loop-strip";
import { Notice, ProblemNotice } from "@/components/page/notice";
import type { AnalyzeSlotProps } from "@/features/logs/analyze-slot";
import { useRights } from "@/lib/api/session";
import { useZone } from "@/lib/time/time";
import { type AnalysisScope, analysisOptions, requestAnalysis, scopeCountOptions } from "../analysis-queries";
import { loopSteps } from "../report/loop-steps";
import { Composer } from "../thread/composer";
import threadClasses from "../thread/thread.module.css";
import classes from "./analyze-panel.module.css";
import { ScopeChip } from "./scope-chip";
import { WhatIsSent } from "./what-is-sent";

/** What is about to be asked. A scope of its own no longer follows the filter of the page. */
export type Draft = { scope: AnalysisScope | null; question: string };

type NewAnalysisProps = AnalyzeSlotProps & { start: Draft | null; onSent: (id: string) => void };

/** Says what an analysis will read and send, and requests it. */
export function NewAnalysis(props: NewAnalysisProps) {
  const { project, line, start, onSent } = props;
  const { edit } = useRights(project);
  const [zone] = useZone();
  const queryClient = useQueryClient();
  const [own, setOwn] = useState<AnalysisScope | null>(() => start?.scope ?? line?.scope ?? null);
  const [question, setQuestion] = useState(start?.question ?? line?.question ?? "");
  const scope = own ?? props.scope;
  const count = useQuery(scopeCountOptions(project, scope));
  const send = useMutation({
    mutationFn: () => requestAnalysis(project, scope, question),
    onSuccess: (created) => {
      queryClient.setQueryData(analysisOptions(created.id).queryKey, created);
      void queryClient.invalidateQueries({ queryKey: ["analyses", "pages"] });
      onSent(created.id);
    },
  });
  return (
    <>
      <div className={threadClasses.scroll}>
        <div className={classes.loop}>
          <LoopStrip steps={loopSteps(undefined, [], undefined, null, zone)} />
        </div>
        <section className={threadClasses.block} aria-label="Scope">
          <header>
            <b>Lines to explain</b>
            <span>{own ? "not the filter of the page" : "the filter and range of the page"}</span>
          </header>
          <ScopeChip
            scope={scope}
            count={count.data}
            onChange={setOwn}
            onReset={own ? () => setOwn(null) : null}
          />
        </section>
        {edit ? (
          <WhatIsSent project={project} scope={scope} question={question} count={count.data} />
        ) : (
          <Notice tone="info">
            Viewers can read analyses. A member or an administrator can request one.
          </Notice>
        )}
        {count.error ? <ProblemNotice error={count.error} onRetry={() => void count.refetch()} /> : null}
        {send.error ? <ProblemNotice error={send.error} /> : null}
      </div>
      {edit ? (
        <Composer
          text={question}
          onChange={setQuestion}
          onSend={() => send.mutate()}
          onStop={null}
          isBusy={send.isPending}
          placeholder="A question, or nothing: what went wrong?"
          sendLabel="Analyze"
          optional
          autoFocus
        />
      ) : null}
    </>
  );
}
