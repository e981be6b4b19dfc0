import { Button, Modal } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { ProblemNotice } from "@/components/page/notice";
import { StateMark } from "../state-mark";
import { type Receiver, testReceiver } from "./receiver-queries";
import classes from "./receivers.module.css";

/** Asks before a test message is sent, and shows what the receiver answered. */
export function TestDialog({ receiver, onClose }: { receiver: Receiver; onClose: () => void }) {
  const test = useMutation({ mutationFn: async () => testReceiver(receiver.id) });
  const result = test.data;
  return (
    <Modal opened onClose={onClose} title={`Test ${receiver.name}?`}>
      <p className="soft">
        One message that says it is a test goes to <span className="mono">{receiver.target}</span> now, also
        in quiet hours.
      </p>
      {test.error ? <ProblemNotice error={test.error} title="Not tested." /> : null}
      {result ? (
        <div className={classes.answer} data-ok={result.ok || undefined} role="status">
          <StateMark tone={result.ok ? "good" : "bad"}>
            {result.ok ? "It took the message" : "It did not take the message"}
            {result.status ? `: status ${result.status}` : ""}
          </StateMark>
          {result.detail ? <p>{result.detail}</p> : null}
          {result.answer && result.ok ? <p className="mono">{result.answer}</p> : null}
        </div>
      ) : null}
      <div className="row" style={{ marginTop: 16 }}>
        <Button variant="filled" loading={test.isPending} onClick={() => test.mutate()}>
          {result ? "Send another one" : "Send a test message"}
        </Button>
        <Button variant="subtle" onClick={onClose}>
          {result ? "Close" : "Cancel"}
        </Button>
      </div>
    </Modal>
  );
}
