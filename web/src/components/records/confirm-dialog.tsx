import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import type { ConfirmProps } from "./confirm";

/** The opened question of `Confirm`. */
export function ConfirmDialog(props: ConfirmProps) {
  const { title, children, action, typeToConfirm, busy = false, error, onConfirm, onClose } = props;
  const [typed, setTyped] = useState("");
  return (
    <Modal opened onClose={onClose} title={title}>
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
        <Button variant="subtle" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Modal>
  );
}
