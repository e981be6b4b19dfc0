import { MultiSelect, Select, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { pipelinesOptions, templatesOptions } from "@/features/ci/ci-queries";
import { receiversOptions } from "@/features/ci/receivers/receiver-queries";
import type { Subject } from "../condition/condition";
import { Duration, Line } from "../form/form-line";
import { NumberField } from "../form/number-field";
import classes from "../rule-editor.module.css";
import type { RuleSettings } from "../source/rule-source";
import { type Action, type Analyze, changedAction, NEW_ANALYSIS, NEW_RERUN } from "./rule-actions";

type ActionFieldsProps = {
  project: string;
  settings: RuleSettings;
  disabled: boolean;
  errorOf: (path: string) => string | undefined;
  /** Errors of the pipeline, the template and the receivers. */
  actionErrors: readonly string[];
  set: (next: Partial<RuleSettings>) => void;
};

const named = (items: readonly { id: string; name: string }[]) =>
  items.map(({ id, name }) => ({ value: id, label: name }));

/** What a rule does when it fires: one or more of five things. */
export function ActionFields(props: ActionFieldsProps) {
  const { project, settings, disabled, errorOf, set } = props;
  const { action } = settings;
  const subject: Subject = settings.on ?? "logs";
  const change = (next: Partial<Action>) => set({ action: changedAction(action, next) });
  const errorAbout = (thing: string) =>
    props.actionErrors.find((error) => error.startsWith(`there is no ${thing} `));
  return (
    <Line label="Then">
      <div className={classes.stack}>
        <PipelineFields
          project={project}
          action={action}
          disabled={disabled}
          errorAbout={errorAbout}
          onChange={change}
        />
        <Receivers
          project={project}
          action={action}
          disabled={disabled}
          errorAbout={errorAbout}
          onChange={change}
        />
        <Switch
          label="Start an analysis of the time around it"
          checked={Boolean(action.analyze)}
          disabled={disabled}
          onChange={(event) => change({ analyze: event.currentTarget.checked ? NEW_ANALYSIS : null })}
        />
        {action.analyze ? (
          <AnalysisFields
            analyze={action.analyze}
            disabled={disabled}
            errorOf={errorOf}
            onChange={(analyze) => change({ analyze })}
          />
        ) : null}
        {subject === "run" ? (
          <Switch
            label="Run its failed jobs again"
            checked={Boolean(action.rerun_failed)}
            disabled={disabled}
            onChange={(event) => change({ rerun_failed: event.currentTarget.checked ? NEW_RERUN : null })}
          />
        ) : null}
        {action.rerun_failed ? (
          <Indented>
            <span className="muted">up to</span>
            <NumberField
              label="Attempts of a run"
              value={action.rerun_failed.max_attempts ?? 2}
              disabled={disabled}
              error={errorOf("action.rerun_failed.max_attempts")}
              onChange={(max_attempts) => change({ rerun_failed: { max_attempts } })}
            />
            <span className="muted">attempts of a run, from 2 to 5</span>
          </Indented>
        ) : null}
        {subject === "logs" ? (
          <Switch
            label="Cancel the run that the line names in ci.run_id"
            checked={action.cancel_run ?? false}
            disabled={disabled}
            onChange={(event) => change({ cancel_run: event.currentTarget.checked })}
          />
        ) : null}
        <Switch
          label="Dry run: record what would be sent, and send nothing"
          checked={settings.dry_run ?? false}
          disabled={disabled}
          onChange={(event) => set({ dry_run: event.currentTarget.checked })}
        />
        {errorOf("action") ? (
          <p className="bad small" role="alert">
            {errorOf("action")?.replace("Value error, ", "")}
          </p>
        ) : null}
      </div>
    </Line>
  );
}

type PartProps = {
  project: string;
  action: Action;
  disabled: boolean;
  errorAbout: (thing: string) => string | undefined;
  onChange: (next: Partial<Action>) => void;
};

function PipelineFields({ project, action, disabled, errorAbout, onChange }: PartProps) {
  const pipelines = useQuery(pipelinesOptions(project)).data ?? [];
  const templates = useQuery(templatesOptions(project)).data ?? [];
  const missing = action.pipeline_id === "" ? "Choose a pipeline, or another action" : errorAbout("pipeline");
  return (
    <>
      <div className="row">
        <span className="muted">start</span>
        <Select
          size="xs"
          aria-label="Pipeline to start"
          placeholder={pipelines.length > 0 ? "no pipeline" : "There is no pipeline yet"}
          className="grow"
          clearable
          allowDeselect
          data={named(pipelines)}
          value={action.pipeline_id || null}
          disabled={disabled}
          error={missing}
          onChange={(value) => onChange({ pipeline_id: value })}
        />
        {pipelines.length === 0 ? (
          <Link to="/projects/$project/ci/pipelines" params={{ project }}>
            Create one
          </Link>
        ) : null}
      </div>
      {action.pipeline_id ? (
        <div className="row">
          <span className="muted">with</span>
          <Select
            size="xs"
            aria-label="Event template"
            placeholder="the usual payload"
            className="grow"
            clearable
            allowDeselect
            data={named(templates)}
            value={action.template_id ?? null}
            disabled={disabled}
            error={errorAbout("template")}
            onChange={(value) => onChange({ template_id: value })}
          />
        </div>
      ) : null}
    </>
  );
}

function Receivers({ project, action, disabled, errorAbout, onChange }: PartProps) {
  const receivers = useQuery(receiversOptions(project)).data ?? [];
  const chosen = action.notify ?? [];
  return (
    <div className="row">
      <span className="muted">notify</span>
      <MultiSelect
        size="xs"
        aria-label="Receivers to notify"
        placeholder={chosen.length > 0 ? "" : receivers.length > 0 ? "nobody" : "There is no receiver yet"}
        className="grow"
        data={named(receivers)}
        value={chosen}
        disabled={disabled}
        error={errorAbout("receiver")}
        onChange={(notify) => onChange({ notify })}
      />
      {receivers.length === 0 ? (
        <Link to="/projects/$project/ci/receivers" params={{ project }}>
          Create one
        </Link>
      ) : null}
    </div>
  );
}

function AnalysisFields({
  analyze,
  disabled,
  errorOf,
  onChange,
}: {
  analyze: Analyze;
  disabled: boolean;
  errorOf: (path: string) => string | undefined;
  onChange: (analyze: Analyze) => void;
}) {
  return (
    <Indented>
      <span className="muted">from</span>
      <Duration
        label="Time before the match"
        value={analyze.before ?? "15m"}
        disabled={disabled}
        error={errorOf("action.analyze.before") ?? errorOf("action.analyze")}
        onChange={(before) => onChange({ ...analyze, before })}
      />
      <span className="muted">before to</span>
      <Duration
        label="Time after the match"
        value={analyze.after ?? "30s"}
        disabled={disabled}
        error={errorOf("action.analyze.after")}
        onChange={(after) => onChange({ ...analyze, after })}
      />
      <span className="muted">after it</span>
      <TextInput
        size="xs"
        aria-label="Question of the analysis"
        placeholder="What is wrong?"
        className="grow"
        value={analyze.question ?? ""}
        disabled={disabled}
        error={errorOf("action.analyze.question")}
        onChange={(event) => onChange({ ...analyze, question: event.currentTarget.value || null })}
      />
    </Indented>
  );
}

function Indented({ children }: { children: ReactNode }) {
  return <div className={`${classes.controls} ${classes.indented}`}>{children}</div>;
}
