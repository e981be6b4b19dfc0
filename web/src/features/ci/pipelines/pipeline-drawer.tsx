import { Autocomplete, SegmentedControl, Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { RecordDrawer } from "@/components/records/record-drawer";
import { ciBridge } from "@/lib/api/client";
import { type Pipeline, type PipelineDraft, servicesOptions } from "../ci-queries";

type Values = {
  name: string;
  service_id: string;
  repository: string;
  mode: string;
  workflow: string;
  workflow_text: string;
  event_type: string;
  template_id: string;
  ref: string;
  correlation_input: string;
  collect_logs: string;
};

function valuesOf(pipeline: Pipeline | null): Values {
  return {
    name: pipeline?.name ?? "",
    service_id: pipeline?.service_id ?? "",
    repository: pipeline?.repository ?? "",
    mode: pipeline?.mode ?? "repository_dispatch",
    workflow: pipeline?.workflow ?? "",
    workflow_text: pipeline?.workflow_text ?? "",
    event_type: pipeline?.event_type ?? "",
    template_id: pipeline?.template_id ?? "",
    ref: pipeline?.ref ?? "main",
    correlation_input: pipeline ? (pipeline.correlation_input ?? "") : "logloop_correlation_id",
    collect_logs: pipeline?.collect_logs ?? "dispatched",
  };
}

function draftOf(values: Values): PipelineDraft {
  return {
    name: values.name,
    service_id: values.service_id,
    repository: values.repository.trim().replace(/^https?:\/\/github\.com\//, ""),
    mode: values.mode as PipelineDraft["mode"],
    workflow: values.workflow || null,
    workflow_text: values.mode === "emulated" ? values.workflow_text : null,
    event_type: values.event_type || null,
    template_id: values.template_id || null,
    ref: values.ref,
    correlation_input: values.correlation_input || null,
    collect_logs: values.collect_logs === "all" ? "all" : "dispatched",
  };
}

/** Creates a pipeline, or changes one. */
export function PipelineDrawer({
  project,
  pipeline,
  onSaved,
  onClose,
}: {
  project: string;
  pipeline: Pipeline | null;
  onSaved: () => Promise<void>;
  onClose: () => void;
}) {
  const services = useQuery(servicesOptions(project));
  const save = async (values: Values) => {
    const draft = draftOf(values);
    if (pipeline) {
      await ciBridge.PUT("/api/v1/ci/pipelines/{pipeline_id}", {
        params: { path: { pipeline_id: pipeline.id } },
        body: draft,
      });
    } else {
      await ciBridge.POST("/api/v1/ci/pipelines", { body: { project_id: project, ...draft } });
    }
    await onSaved();
  };
  return (
    <RecordDrawer
      title={pipeline ? `Pipeline ${pipeline.name}` : "New pipeline"}
      action={pipeline ? "Save" : "Create pipeline"}
      draftId={`pipeline:${project}:${pipeline?.id ?? ""}`}
      initial={valuesOf(pipeline)}
      save={save}
      onClose={onClose}
    >
      {(form) => {
        const byWorkflow = form.values.mode === "workflow_dispatch";
        const emulated = form.values.mode === "emulated";
        return (
          <>
            <TextInput
              label="Name"
              placeholder="Checkout: collect diagnostics"
              required
              data-autofocus
              {...form.text("name")}
            />
            <Autocomplete
              label="Service"
              description="The output of its runs becomes log lines of this service."
              placeholder="checkout"
              required
              data={services.data ?? []}
              value={form.values.service_id}
              onChange={(value) => form.set("service_id", value)}
              error={form.errorOf("service_id")}
            />
            <TextInput
              label="Repository"
              description="owner/name on GitHub"
              placeholder="acme/shop"
              required
              {...form.text("repository")}
            />
            <div>
              <span className="small muted">Start by</span>
              <SegmentedControl
                fullWidth
                aria-label="Start by"
                data={[
                  { value: "repository_dispatch", label: "an event of the repository" },
                  { value: "workflow_dispatch", label: "the workflow file" },
                  { value: "emulated", label: "the emulator" },
                ]}
                value={form.values.mode}
                onChange={(mode) => form.set("mode", mode)}
              />
            </div>
            <TextInput
              label="Workflow file"
              description={
                byWorkflow
                  ? "It needs `on: workflow_dispatch`."
                  : "The workflow that listens to the event, so that its runs are found."
              }
              placeholder="diagnose.yml"
              required={byWorkflow}
              {...form.text("workflow")}
            />
            {emulated ? (
              <Textarea
                label="Workflow"
                description="The emulator runs it without GitHub, after an administrator has approved this text."
                required
                autosize
                minRows={8}
                maxRows={24}
                {...form.text("workflow_text")}
              />
            ) : null}
            {byWorkflow ? (
              <>
                <TextInput label="Branch or tag" required {...form.text("ref")} />
                <TextInput
                  label="Input for the correlation id"
                  description="Leave it empty if the workflow declares no such input."
                  {...form.text("correlation_input")}
                />
              </>
            ) : (
              <TextInput
                label="Event type"
                description="As the workflow lists it under `on: repository_dispatch: types:`. A template has its own."
                placeholder={`logloop.${form.values.service_id || "checkout"}`}
                {...form.text("event_type")}
              />
            )}
            <Select
              label="Collect the output"
              data={[
                { value: "dispatched", label: "of runs that Logloop starts" },
                { value: "all", label: "of every run of the workflow that a webhook reports" },
              ]}
              {...form.choice("collect_logs")}
            />
          </>
        );
      }}
    </RecordDrawer>
  );
}
