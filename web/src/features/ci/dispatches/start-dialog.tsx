import { Button, Modal, Select } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { ciBridge, content } from "@/lib/api/client";
import { type Pipeline, templatesOptions } from "../ci-queries";
import { TemplateInputs, type Texts, valuesOf } from "./template-inputs";

type StartDialogProps = { project: string; pipeline: Pipeline; onClose: () => void };

function newKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].join("-");
}

/** Asks before a workflow is started by hand, and says what GitHub will receive. */
export function StartDialog({ project, pipeline, onClose }: StartDialogProps) {
  const [templateId, setTemplateId] = useState<string | null>(null);
  const [texts, setTexts] = useState<Texts>({});
  // A repeated request with the same key starts no second run; other values are another request.
  const [key, setKey] = useState(newKey);
  const templates = useQuery(templatesOptions(project));
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const template = templates.data?.find(({ id }) => id === templateId);
  const fields = template?.fields ?? [];
  const values = valuesOf(fields, texts);
  const start = useMutation({
    mutationFn: async () =>
      content(
        await ciBridge.POST("/api/v1/ci/dispatches", {
          params: { header: { "idempotency-key": key } },
          body: { project_id: project, pipeline_id: pipeline.id, template_id: templateId, values },
        }),
      ),
    onSuccess: async (dispatch) => {
      await queryClient.invalidateQueries({ queryKey: ["ci", project] });
      onClose();
      await navigate({
        to: "/projects/$project/ci/dispatches",
        params: { project },
        search: { open: dispatch.id },
      });
    },
  });
  const type = (name: string, text: string) => {
    setTexts({ ...texts, [name]: text });
    setKey(newKey());
  };
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate();
  };
  const target = pipeline.mode === "workflow_dispatch" ? pipeline.workflow : null;
  const event = template?.event_type ?? pipeline.event_type ?? `logloop.${pipeline.service_id}`;
  return (
    <Modal opened onClose={onClose} title={`Start ${pipeline.name}?`} size={560}>
      <form onSubmit={handleSubmit} style={{ display: "flex", flexDirection: "column", gap: 12 }}>
        {start.error ? <ProblemNotice error={start.error} title="Nothing is started." /> : null}
        <p className="soft">
          {pipeline.mode === "emulated" ? (
            <>
              The emulator runs <span className="mono">{pipeline.workflow ?? "its workflow"}</span> with the
              event <span className="mono">{event}</span>, if an administrator has approved its text.
            </>
          ) : target ? (
            <>
              The workflow <span className="mono">{target}</span> of {pipeline.repository} starts on{" "}
              <span className="mono">{pipeline.ref}</span>.
            </>
          ) : (
            <>
              The event <span className="mono">{event}</span> goes to {pipeline.repository}, whose workflows
              that listen to it start.
            </>
          )}{" "}
          It begins a chain of its own: hop 0.
        </p>
        <Select
          label="Event template"
          clearable
          allowDeselect
          placeholder="None: an empty payload"
          data={(templates.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={templateId}
          onChange={(id) => {
            setTemplateId(id);
            setKey(newKey());
          }}
        />
        <TemplateInputs fields={fields} texts={texts} onType={type} />
        <div className="row">
          <Button type="submit" variant="filled" loading={start.isPending}>
            {pipeline.mode === "emulated" ? "Start in the emulator" : "Start on GitHub"}
          </Button>
          {pipeline.mode === "emulated" ? null : (
            <Button
              onClick={() =>
                void navigate({
                  to: "/projects/$project/ci/emulate",
                  params: { project },
                  search: { pipeline: pipeline.id },
                })
              }
            >
              Emulate first…
            </Button>
          )}
          <Button variant="subtle" onClick={onClose}>
            Cancel
          </Button>
        </div>
      </form>
    </Modal>
  );
}
