import { ActionIcon } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { Notice } from "@/components/page/notice";
import { formatClock, useZone } from "@/lib/time/time";
import type { Analysis, AnalysisMessage } from "../analysis-queries";
import { MarkdownText } from "../text/markdown-text";
import { withoutEvidenceIds } from "../text/split-blocks";
import type { StreamSnapshot, Turn } from "./analysis-stream";
import { StepList } from "./step-list";
import classes from "./thread.module.css";

type MessageListProps = {
  analysis: Analysis;
  stream: StreamSnapshot;
  isRunning: boolean;
  /** Puts an earlier question into the field, to send it in other words. */
  onEdit?: ((text: string) => void) | undefined;
};

/** The follow-up questions and their replies. The reply that is being written is last. */
export function MessageList({ analysis, stream, isRunning, onEdit }: MessageListProps) {
  const turnOf = (number: number) => stream.turns.find((turn) => turn.number === number);
  const current = turnOf(analysis.turn);
  const isAnswered = analysis.messages.some(
    (message) => message.role === "assistant" && message.turn === analysis.turn,
  );
  return (
    <>
      {analysis.messages.map((message) => (
        <MessageItem
          key={`${message.turn} ${message.role}`}
          message={message}
          turn={message.role === "assistant" ? turnOf(message.turn) : undefined}
          onEdit={message.role === "user" ? onEdit : undefined}
        />
      ))}
      {analysis.turn > 0 && !isAnswered ? (
        <PendingReply turn={current} isRunning={isRunning} failure={analysis.failure?.detail} />
      ) : null}
    </>
  );
}

function MessageItem({
  message,
  turn,
  onEdit,
}: {
  message: AnalysisMessage;
  turn: Turn | undefined;
  onEdit: ((text: string) => void) | undefined;
}) {
  const [zone] = useZone();
  const isUser = message.role === "user";
  return (
    <article className={classes.message}>
      <header className={classes.who}>
        <b>{isUser ? "You" : "Logloop"}</b>
        {formatClock(new Date(message.at), zone)}
        <span className="grow" />
        {onEdit ? (
          <ActionIcon
            size={20}
            aria-label="Edit this question and send it again"
            onClick={() => onEdit(message.text)}
          >
            <IconPencil size={12} aria-hidden />
          </ActionIcon>
        ) : null}
      </header>
      {turn ? <StepList turn={turn} isRunning={false} /> : null}
      {isUser ? <p className={classes.question}>{message.text}</p> : <MarkdownText text={message.text} />}
    </article>
  );
}

function PendingReply({
  turn,
  isRunning,
  failure,
}: {
  turn: Turn | undefined;
  isRunning: boolean;
  failure: string | undefined;
}) {
  const text = withoutEvidenceIds(turn?.text ?? "");
  const end = turn?.end;
  return (
    <article className={classes.message}>
      <header className={classes.who}>
        <b>Logloop</b>
      </header>
      {turn ? <StepList turn={turn} isRunning={isRunning} /> : null}
      {text ? <MarkdownText text={text} isWriting={isRunning} /> : null}
      {!isRunning && end === "cancelled" ? <p className="muted">Stopped.</p> : null}
      {!isRunning && (end === "failed" || failure) ? (
        <Notice tone="error">{turn?.failure ?? failure ?? "The reply failed."}</Notice>
      ) : null}
    </article>
  );
}
