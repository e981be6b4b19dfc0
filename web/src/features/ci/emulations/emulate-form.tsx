import { Autocomplete, Button, FileButton, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { Confirm } from "@/components/records/confirm";
import { ciBridge, content } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import { readDraft, writeDraft } from "@/lib/page/drafts";
import { servicesOptions, type TemplateField, templatesOptions } from "../ci-queries";
import { TemplateInputs, type Texts, valuesOf } from "../dispatches/template-inputs";
import classes from "./emulations.module.css";

export type EmulateValues = {
  file: string;
  workflow: string;
  service: string;
  template: string;
  event: string;
};
type EmulateFormProps = {
  project: string;
  draftId: string;
  initial: EmulateValues;
  repository: string | undefined;
};

/** Returns what a dispatch with these values would send: the payload of an event, or the inputs of a workflow. */
async function payloadOf(
  template: string | null,
  fields: readonly TemplateField[],
  texts: Texts,
): Promise<Record<string, unknown>> {
  if (template === null) return {};
  const shown = content(
    await ciBridge.POST("/api/v1/ci/templates/{template_id}/preview", {
      params: { path: { template_id: template } },
      body: { values: valuesOf(fields, texts) },
    }),
  );
  return shown.payload as Record<string, unknown>;
}

/** The workflow and its event, kept in this browser until it runs. It asks before anything runs. */
export function EmulateForm({ project, draftId, initial, repository }: EmulateFormProps) {
  const navigate = useNavigate();
  const services = useQuery(servicesOptions(project)).data ?? [];
  const templates = useQuery(templatesOptions(project)).data ?? [];
  const [values, setValues] = useState(() => readDraft(draftId, initial) ?? initial);
  const [texts, setTexts] = useState<Texts>({});
  const [asks, setAsks] = useState(false);
  const { file, workflow, service } = values;
  const set = (next: Partial<EmulateValues>) => {
    const changed = { ...values, ...next };
    setValues(changed);
    writeDraft(draftId, changed);
  };
  const template = templates.find(({ id }) => id === values.template);
  const eventType = template?.event_type ?? values.event;
  const fields = template?.fields ?? [];
  const start = useMutation({
    mutationFn: async () => {
      const payload = await payloadOf(template?.id ?? null, fields, texts);
      const inputs = Object.fromEntries(
        Object.entries(payload).map(([name, value]) => [name, String(value)]),
      );
      const event = {
        event_type: eventType,
        client_payload: payload as Record<string, never>,
        inputs,
      };
      const place = repository ? { repository } : {};
      const body = { project_id: project, service_id: service, file, workflow, event, ...place };
      return content(await ciBridge.POST("/api/v1/ci/emulations", { body }));
    },
    onSuccess: (run) => {
      writeDraft(draftId, null);
      return navigate({ to: "/projects/$project/ci/runs/$run", params: { project, run: run.run_id } });
    },
    onError: () => setAsks(false),
  });
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    setAsks(true);
  };
  const load = async (chosen: File | null) => {
    if (chosen) set({ file: chosen.name, workflow: await chosen.text() });
  };
  const needsApproval = start.error !== null && asProblem(start.error).status === 403;
  return (
    <>
      {start.error ? <ProblemNotice error={start.error} title="Nothing runs." /> : null}
      {needsApproval ? (
        <Notice
          tone="info"
          action={
            <Link className="underlined" to="/projects/$project/ci/approvals" params={{ project }}>
              Open approvals
            </Link>
          }
        >
          An administrator decides which texts may run.
        </Notice>
      ) : null}
      <form className={classes.halves} onSubmit={handleSubmit}>
        <section className={classes.form} aria-label="Workflow">
          <div className="row">
            <TextInput
              className="grow"
              label="File name"
              required
              value={file}
              onChange={(event) => set({ file: event.currentTarget.value })}
            />
            <FileButton accept=".yml,.yaml" onChange={(chosen) => void load(chosen)}>
              {(props) => (
                <Button {...props} mt={24}>
                  Choose a file…
                </Button>
              )}
            </FileButton>
          </div>
          <Textarea
            label="Workflow"
            required
            autosize
            minRows={16}
            classNames={{ input: classes.text ?? "" }}
            spellCheck={false}
            value={workflow}
            onChange={(event) => set({ workflow: event.currentTarget.value })}
          />
        </section>
        <section className={classes.form} aria-label="Event">
          <Autocomplete
            label="Service"
            description="The output becomes log lines of this service."
            required
            data={services}
            value={service}
            onChange={(value) => set({ service: value })}
          />
          <Select
            label="Event template"
            clearable
            allowDeselect
            placeholder="None: an empty payload"
            data={templates.map(({ id, name }) => ({ value: id, label: name }))}
            value={values.template || null}
            onChange={(value) => set({ template: value ?? "" })}
          />
          {template ? (
            <TemplateInputs
              fields={fields}
              texts={texts}
              onType={(name, text) => setTexts({ ...texts, [name]: text })}
            />
          ) : (
            <TextInput
              label="Event type"
              description="As the workflow lists it under `on: repository_dispatch: types:`."
              required
              value={values.event}
              onChange={(event) => set({ event: event.currentTarget.value })}
            />
          )}
          <div>
            <Button type="submit" variant="filled" loading={start.isPending}>
              Emulate…
            </Button>
          </div>
          <p className="muted small">The run has an empty checkout with only this workflow.</p>
        </section>
      </form>
      <Confirm
        opened={asks}
        title={`Run ${file} in the emulator?`}
        action="Run it"
        busy={start.isPending}
        onClose={() => setAsks(false)}
        onConfirm={() => start.mutate()}
      >
        It runs with the event <code>{eventType}</code> if an administrator has approved exactly this text;
        otherwise the text waits for approval. Its output becomes log lines of {service || "the service"}, so
        rules may fire on them.
      </Confirm>
    </>
  );
}
