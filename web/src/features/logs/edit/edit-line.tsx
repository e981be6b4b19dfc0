import { Button, Modal, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { SEVERITIES, type Severity } from "@/components/severity";
import { query } from "@/lib/api/client";
import type { Log } from "../log-queries";

/** Changes message, severity or service of one line. */
export function EditLine({ log, onClose }: { log: Log; onClose: () => void }) {
  const queryClient = useQueryClient();
  const [message, setMessage] = useState(log.message);
  const [severity, setSeverity] = useState<Severity>(log.severity);
  const [service, setService] = useState(log.service_id);
  const save = useMutation({
    mutationFn: async () =>
      query.PATCH("/api/v1/logs/{id}", {
        params: { path: { id: log.id } },
        body: { message, severity, service_id: service },
      }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["logs"] });
      onClose();
    },
  });
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal opened onClose={onClose} title="Edit line" size={640}>
      <form onSubmit={handleSubmit}>
        {save.error ? <ProblemNotice error={save.error} /> : null}
        <Textarea
          label="Message"
          autosize
          minRows={2}
          maxRows={16}
          required
          value={message}
          onChange={(event) => setMessage(event.currentTarget.value)}
          data-autofocus
        />
        <Select
          label="Severity"
          mt={12}
          data={[...SEVERITIES]}
          value={severity}
          onChange={(value) => setSeverity((value as Severity | null) ?? severity)}
        />
        <TextInput
          label="Service"
          mt={12}
          required
          value={service}
          onChange={(event) => setService(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" mt={16} loading={save.isPending}>
          Save
        </Button>
      </form>
    </Modal>
  );
}
