import { Select } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Confirm } from "@/components/records/confirm";
import { type ApiKey, rotateApiKey } from "./api-key-queries";

const GRACES = [
  { value: "0", label: "It ends now" },
  { value: "1", label: "One hour" },
  { value: "24", label: "A day" },
  { value: "168", label: "A week" },
  { value: "720", label: "30 days" },
];

/** Asks before a key is replaced by a new one. */
export function RotateKey({
  apiKey,
  onRotated,
  onClose,
}: {
  apiKey: ApiKey;
  onRotated: (key: string) => Promise<void>;
  onClose: () => void;
}) {
  const [grace, setGrace] = useState("24");
  const rotate = useMutation({
    mutationFn: () => rotateApiKey(apiKey.id, Number(grace)),
    onSuccess: onRotated,
  });
  return (
    <Confirm
      opened
      title={`Rotate ${apiKey.name}?`}
      action="Rotate key"
      busy={rotate.isPending}
      error={rotate.error}
      onClose={onClose}
      onConfirm={() => rotate.mutate()}
    >
      A new key with the same rights and limits replaces it. Until the old key ends, both work, so that you
      can change your programs one after the other.
      <Select
        mt={12}
        label="The old key stays valid for"
        data={GRACES}
        value={grace}
        onChange={(value) => setGrace(value ?? "24")}
        allowDeselect={false}
      />
    </Confirm>
  );
}
