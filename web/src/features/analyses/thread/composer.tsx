import { Button, Textarea } from "@mantine/core";
import { IconPlayerStop } from "@tabler/icons-react";
import { type KeyboardEvent, useRef } from "react";
import { useCommands } from "@/lib/page/commands";
import classes from "./thread.module.css";

type ComposerProps = {
  text: string;
  onChange: (text: string) => void;
  onSend: () => void;
  /** While the analyzer works, Send becomes Stop. */
  onStop: (() => void) | null;
  isBusy: boolean;
  placeholder: string;
  sendLabel?: string;
  /** Whether it may be sent without a text. */
  optional?: boolean;
  disabled?: boolean;
  autoFocus?: boolean;
};

/** The field for a question. Enter sends, Shift+Enter starts a new line, Esc stops. */
export function Composer(props: ComposerProps) {
  const { text, onChange, onSend, onStop, isBusy, optional = false } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const maySend = !props.disabled && !isBusy && onStop === null && (optional || text.trim() !== "");
  useCommands(
    onStop
      ? [
          {
            id: "stop-analysis",
            label: "Stop the analysis",
            group: "Analysis",
            keys: ["Escape"],
            inFields: true,
            run: onStop,
          },
        ]
      : [],
  );
  const handleKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (maySend) onSend();
  };
  return (
    <div className={classes.composer}>
      <Textarea
        ref={field}
        aria-label={props.placeholder}
        placeholder={props.placeholder}
        autosize
        minRows={1}
        maxRows={6}
        maxLength={4000}
        value={text}
        data-autofocus={props.autoFocus || undefined}
        data-mantine-stop-propagation={onStop ? "true" : undefined}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={handleKeyDown}
      />
      {onStop ? (
        <Button
          h={32}
          leftSection={<IconPlayerStop size={14} aria-hidden />}
          rightSection={<kbd>Esc</kbd>}
          loading={isBusy}
          onClick={onStop}
        >
          Stop
        </Button>
      ) : (
        <Button h={32} variant="filled" disabled={!maySend} loading={isBusy} onClick={onSend}>
          {props.sendLabel ?? "Send"}
        </Button>
      )}
    </div>
  );
}
