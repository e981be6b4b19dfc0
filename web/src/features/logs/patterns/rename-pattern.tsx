import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import type { PatternCount } from "../log-queries";
import { PatternText } from "./pattern-text";

type RenamePatternProps = {
  item: PatternCount;
  onSave: (name: string | null) => Promise<unknown>;
  onClose: () => void;
};

/** Gives a pattern a name that is shown beside it. */
export function RenamePattern({ item, onSave, onClose }: RenamePatternProps) {
  const [name, setName] = useState(item.name ?? "");
  const save = useMutation({ mutationFn: async () => onSave(name.trim() || null), onSuccess: onClose });
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal opened onClose={onClose} title="Name the pattern">
      <form onSubmit={handleSubmit}>
        {save.error ? <ProblemNotice error={save.error} /> : null}
        <p className="mono soft">
          <PatternText pattern={item.pattern} />
        </p>
        <TextInput
          label="Name"
          description="Shown beside the pattern. Without a name, the pattern stands alone."
          mt={12}
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <Button type="submit" variant="filled" mt={16} loading={save.isPending}>
          Save
        </Button>
      </form>
    </Modal>
  );
}
