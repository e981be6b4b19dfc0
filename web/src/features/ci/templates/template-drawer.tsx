import { Autocomplete, Button, Drawer, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { ciBridge, content } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import type { Template, TemplateDraft } from "../ci-queries";
import classes from "./template-drawer.module.css";
import { type FieldText, type FieldType, fieldOf, SOURCES, TYPES, textOf } from "./template-fields";
import { TemplatePreview } from "./template-preview";

const MAX_FIELDS = 9;

type TemplateDrawerProps = {
  project: string;
  template: Template | null;
  onSaved: () => Promise<void>;
  onClose: () => void;
};

/** Creates an event template, or changes one. Its preview is what the server would send. */
export function TemplateDrawer({ project, template, onSaved, onClose }: TemplateDrawerProps) {
  const [saved, setSaved] = useState(template);
  const [name, setName] = useState(template?.name ?? "");
  const [description, setDescription] = useState(template?.description ?? "");
  const [eventType, setEventType] = useState(template?.event_type ?? "logloop.");
  const [fields, setFields] = useState<FieldText[]>(
    () => template?.fields?.map(textOf) ?? [{ ...EMPTY, name: "service", source: "log.service_id" }],
  );
  const before = new Map(template?.fields?.map((field) => [field.name, field]));
  const draft: TemplateDraft = {
    name,
    description,
    event_type: eventType,
    fields: fields.map((field) => fieldOf(field, before.get(field.name))),
  };
  const save = useMutation({
    mutationFn: async () =>
      saved
        ? content(
            await ciBridge.PUT("/api/v1/ci/templates/{template_id}", {
              params: { path: { template_id: saved.id } },
              body: draft,
            }),
          )
        : content(await ciBridge.POST("/api/v1/ci/templates", { body: { project_id: project, ...draft } })),
    onSuccess: async (stored) => {
      setSaved(stored);
      await onSaved();
    },
  });
  const violations = save.error ? asProblem(save.error).violations : [];
  const errorOf = (path: string) => violations.find(({ field }) => field === `body.${path}`)?.reason;
  const errorsOf = (index: number) =>
    violations.filter(({ field }) => field.startsWith(`body.fields.${index}`)).map(({ reason }) => reason);
  const change = (key: number, next: Partial<FieldText>) =>
    setFields(fields.map((field) => (field.key === key ? { ...field, ...next } : field)));
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Drawer
      opened
      onClose={onClose}
      title={template ? `Template ${template.name}` : "New template"}
      size={560}
    >
      {save.error ? <ProblemNotice error={save.error} title="Nothing is saved." /> : null}
      {save.isSuccess ? <Notice tone="info">The template is saved.</Notice> : null}
      <form className={classes.form} onSubmit={handleSubmit}>
        <TextInput
          label="Name"
          placeholder="Timeout burst"
          required
          data-autofocus
          value={name}
          error={errorOf("name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="Event type"
          description="As the workflow lists it under `on: repository_dispatch: types:`."
          placeholder="logloop.checkout.timeout-burst"
          required
          value={eventType}
          error={errorOf("event_type")}
          onChange={(event) => setEventType(event.currentTarget.value)}
        />
        <Textarea
          label="Description"
          autosize
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <h3>Fields</h3>
        {fields.map((field, index) => (
          <FieldRow
            key={field.key}
            field={field}
            errors={errorsOf(index)}
            onChange={(next) => change(field.key, next)}
            onRemove={() => setFields(fields.filter(({ key }) => key !== field.key))}
          />
        ))}
        <div>
          <Button
            leftSection={<IconPlus size={14} aria-hidden />}
            disabled={fields.length >= MAX_FIELDS}
            onClick={() =>
              setFields([...fields, { ...EMPTY, key: 1 + Math.max(0, ...fields.map(({ key }) => key)) }])
            }
          >
            {fields.length >= MAX_FIELDS ? "GitHub takes no more fields" : "Field"}
          </Button>
        </div>
        <TemplatePreview template={saved} draft={draft} />
        <div className="row">
          <Button type="submit" variant="filled" loading={save.isPending}>
            {saved ? "Save" : "Create template"}
          </Button>
          <Button variant="subtle" onClick={onClose}>
            Close
          </Button>
        </div>
      </form>
    </Drawer>
  );
}

const EMPTY: FieldText = {
  key: 0,
  name: "",
  type: "string",
  source: "",
  default: "",
  required: false,
  choices: "",
};

function FieldRow({
  field,
  errors,
  onChange,
  onRemove,
}: {
  field: FieldText;
  errors: readonly string[];
  onChange: (next: Partial<FieldText>) => void;
  onRemove: () => void;
}) {
  return (
    <fieldset className={classes.field}>
      <legend className="visually-hidden">Field {field.name}</legend>
      <TextInput
        label="Key"
        required
        value={field.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Select
        label="Type"
        data={[...TYPES]}
        value={field.type}
        onChange={(type) => onChange({ type: (type as FieldType | null) ?? "string" })}
      />
      <Autocomplete
        className={classes.wide}
        label="Source"
        description="A known name, or log.attributes.<key>. Empty: the default, or what a person types."
        placeholder="log.attributes.trace_id"
        data={[...SOURCES]}
        value={field.source}
        onChange={(source) => onChange({ source })}
      />
      <TextInput
        label="Default"
        description="When the source is empty"
        value={field.default}
        onChange={(event) => onChange({ default: event.currentTarget.value })}
      />
      {field.type === "string" ? (
        <TextInput
          label="Only one of"
          description="With commas between"
          placeholder="staging, production"
          value={field.choices}
          onChange={(event) => onChange({ choices: event.currentTarget.value })}
        />
      ) : (
        <span />
      )}
      <Switch
        label="Required"
        checked={field.required}
        onChange={(event) => onChange({ required: event.currentTarget.checked })}
      />
      <span style={{ textAlign: "right" }}>
        <Button variant="subtle" onClick={onRemove} aria-label={`Remove the field ${field.name}`}>
          Remove
        </Button>
      </span>
      {errors.map((error) => (
        <p key={error} className={`bad small ${classes.wide}`} role="alert">
          {error}
        </p>
      ))}
    </fieldset>
  );
}
