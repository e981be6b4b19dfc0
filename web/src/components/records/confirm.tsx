import { Button, Modal, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";

type ConfirmProps = {
  opened: boolean;
  title: string;
  children: ReactNode;
  /** The word on the button, such as "Delete project". */
  action: string;
  /** When given, the user has to type it first. */
  typeToConfirm?: string;
  busy?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
};

/** Asks before something that cannot be undone. */
export function Confirm(props: ConfirmProps) {
  const { opened, title, children, action, typeToConfirm, busy = false, error, onConfirm, onClose } = props;
  const [typed, setTyped] = useState("");
  const close = () => {
    setTyped("");
    onClose();
  };
  if (!opened) return null;
  return (
    <Modal opened onClose={close} title={title}>
      {error ? <ProblemNotice error={error} /> : null}
      <div className="soft">{children}</div>
      {typeToConfirm ? (
        <TextInput
          mt={12}
          label={`Type ${typeToConfirm} to confirm`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
        />
      ) : null}
      <div className="row" style={{ marginTop: 16 }}>
        <Button
          variant="filled"
          loading={busy}
          disabled={typeToConfirm !== undefined && typed !== typeToConfirm}
          onClick={onConfirm}
        >
          {action}
        </Button>
        <Button variant="subtle" onClick={close}>
          Cancel
        </Button>
      </div>
    </Modal>
  );
}
