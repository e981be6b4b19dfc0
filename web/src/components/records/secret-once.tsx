import { Button, Modal, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { CopyButton } from "@/components/copy-button";

/** Shows a secret that the server returns only this one time. */
export function SecretOnce({
  title,
  label,
  secret,
  children,
  onClose,
}: {
  title: string;
  label: string;
  secret: string;
  children: ReactNode;
  onClose: () => void;
}) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={560}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <p className="soft">{children}</p>
      <TextInput
        mt={12}
        label={label}
        readOnly
        classNames={{ input: "mono" }}
        value={secret}
        onFocus={(event) => event.currentTarget.select()}
        data-autofocus
      />
      <div className="row" style={{ marginTop: 16 }}>
        <CopyButton text={secret} label="Copy" />
        <span className="grow" />
        <Button variant="filled" onClick={onClose}>
          I have kept it
        </Button>
      </div>
    </Modal>
  );
}
