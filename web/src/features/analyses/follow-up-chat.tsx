import { useRights } from "@/lib/api/session";
import { SuggestedActions } from "./actions/suggested-actions";
import classes from "./analysis-page.module.css";
import type { Analysis } from "./analysis-queries";
import { FollowUpField, useFollowUp } from "./thread/follow-up";
import { MessageList } from "./thread/message-list";
import threadClasses from "./thread/thread.module.css";
import type { AnalysisThread } from "./thread/use-analysis-thread";
import { useStickToEnd } from "./thread/use-stick-to-end";

/** Questions about a report and their replies. */
export function FollowUpChat({
  project,
  thread,
  analysis,
}: {
  project: string;
  thread: AnalysisThread;
  analysis: Analysis;
}) {
  const { edit } = useRights(project);
  const written = thread.stream.turns.at(-1)?.text.length;
  const scroller = useStickToEnd(`${analysis.turn} ${written}`, thread.isRunning && analysis.turn > 0);
  const followUp = useFollowUp(analysis, thread.isRunning);
  return (
    <aside className={classes.chat} aria-label="Follow-up">
      <header>
        <h2 className="grow">Follow-up</h2>
      </header>
      <div ref={scroller} className={threadClasses.scroll}>
        {analysis.messages.length === 0 ? (
          <p className={classes.note}>
            {edit
              ? "Ask about the report. A reply cites lines, as the report does."
              : "Nobody has asked about this report yet."}
          </p>
        ) : null}
        <MessageList
          analysis={analysis}
          stream={thread.stream}
          isRunning={thread.isRunning}
          onEdit={edit ? followUp.setDraft : undefined}
        />
        {thread.isRunning || !analysis.report || !edit ? null : (
          <div className={threadClasses.block}>
            <SuggestedActions analysis={analysis} />
          </div>
        )}
      </div>
      <FollowUpField project={project} analysis={analysis} followUp={followUp} />
    </aside>
  );
}
