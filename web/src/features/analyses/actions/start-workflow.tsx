import { Button, Modal, Select, TextInput } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { type CiBridge, ciBridge, content } from "@/lib/api/client";
import type { Analysis, Finding } from "../analysis-queries";
import classes from "./start-workflow.module.css";
import { templateValues } from "./template-values";

type Pipeline = CiBridge["schemas"]["Pipeline"];
type TemplateView = CiBridge["schemas"]["TemplateView"];

const choicesOptions = (projectId: string) =>
  queryOptions({
    queryKey: ["ci", "workflow-choices", projectId],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: projectId, limit: 100 } };
      const [pipelines, templates] = await Promise.all([
        ciBridge.GET("/api/v1/ci/pipelines", { params, signal }),
        ciBridge.GET("/api/v1/ci/templates", { params, signal }),
      ]);
      return { pipelines: content(pipelines).items, templates: content(templates).items };
    },
  });

type StartWorkflowProps = { analysis: Analysis; finding: Finding; onClose: () => void };

/** Asks before a workflow starts: which one, with which event and which values. */
export function StartWorkflow({ analysis, finding, onClose }: StartWorkflowProps) {
  const choices = useQuery(choicesOptions(analysis.project_id));
  return (
    <Modal opened onClose={onClose} title="Start a workflow?" size={560}>
      {choices.error ? <ProblemNotice error={choices.error} onRetry={() => void choices.refetch()} /> : null}
      {choices.isPending ? <SkeletonRows rows={4} /> : null}
      {choices.data?.pipelines.length === 0 ? (
        <p className="soft">
          This project has no pipeline yet. A pipeline names the workflow:{" "}
          <Link to="/projects/$project/ci/pipelines" params={{ project: analysis.project_id }}>
            create one
          </Link>
          .
        </p>
      ) : null}
      {choices.data && choices.data.pipelines.length > 0 ? (
        <WorkflowForm {...choices.data} analysis={analysis} finding={finding} onClose={onClose} />
      ) : null}
    </Modal>
  );
}

type WorkflowFormProps = StartWorkflowProps & { pipelines: Pipeline[]; templates: TemplateView[] };

function WorkflowForm({ pipelines, templates, analysis, finding, onClose }: WorkflowFormProps) {
  const queryClient = useQueryClient();
  const ofService = pipelines.find(({ service_id: service }) => service === finding.service_id);
  const [pipelineId, setPipelineId] = useState((ofService ?? pipelines[0])?.id ?? "");
  const [templateId, setTemplateId] = useState<string | null>(null);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [key] = useState(() => crypto.randomUUID());
  const pipeline = pipelines.find(({ id }) => id === pipelineId);
  const template = templates.find(({ id }) => id === templateId);
  const link = `${location.origin}/projects/${analysis.project_id}/analyses/${analysis.id}`;
  const suggested = template ? templateValues(template.fields ?? [], finding, link) : {};
  const values = Object.fromEntries(
    Object.entries({ ...suggested, ...typed }).filter(([name, value]) => name in suggested && value !== ""),
  );
  const start = useMutation({
    mutationFn: async () =>
      content(
        await ciBridge.POST("/api/v1/ci/dispatches", {
          params: { header: { "idempotency-key": key } },
          body: { project_id: analysis.project_id, pipeline_id: pipelineId, template_id: templateId, values },
        }),
      ),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["ci"] }),
  });
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate();
  };
  if (start.data) {
    return (
      <>
        <p>
          The event <code>{start.data.event_type}</code> is {start.data.state ?? "pending"}.{" "}
          {start.data.detail}
        </p>
        <Button mt={12} variant="filled" onClick={onClose}>
          Close
        </Button>
      </>
    );
  }
  return (
    <form className={classes.form} onSubmit={handleSubmit}>
      {start.error ? <ProblemNotice error={start.error} /> : null}
      <Select
        label="Pipeline"
        data={pipelines.map(({ id, name, service_id: service }) => ({
          value: id,
          label: `${name} (${service})`,
        }))}
        value={pipelineId}
        onChange={(value) => setPipelineId(value ?? pipelineId)}
      />
      <Select
        label="Event template"
        clearable
        placeholder="None: the event of the pipeline, without values"
        data={templates.map(({ id, name, event_type: event }) => ({
          value: id,
          label: `${name} (${event})`,
        }))}
        value={templateId}
        onChange={setTemplateId}
      />
      {(template?.fields ?? []).map(({ name, required, type }) => (
        <TextInput
          key={name}
          label={name}
          description={type}
          required={required ?? false}
          value={typed[name] ?? suggested[name] ?? ""}
          onChange={(event) => setTyped({ ...typed, [name]: event.currentTarget.value })}
        />
      ))}
      {pipeline ? (
        <dl className={classes.facts}>
          <dt>Event</dt>
          <dd>
            <code>{template?.event_type ?? pipeline.event_type ?? pipeline.workflow}</code> to{" "}
            <b>{pipeline.repository}</b>
          </dd>
          <dt>Mode</dt>
          <dd>
            {pipeline.mode === "workflow_dispatch"
              ? `workflow_dispatch, ${pipeline.ref}`
              : "repository_dispatch"}
          </dd>
          <dt>Values</dt>
          <dd>
            <code>{JSON.stringify(values)}</code>
          </dd>
        </dl>
      ) : null}
      <div className="row">
        <Button type="submit" variant="filled" loading={start.isPending}>
          Start workflow
        </Button>
        <Button variant="subtle" onClick={onClose}>
          Not now
        </Button>
      </div>
      <p className="muted small">Without GitHub credentials the event is only recorded.</p>
    </form>
  );
}
