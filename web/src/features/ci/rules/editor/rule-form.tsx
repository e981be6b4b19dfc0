import { MultiSelect, SegmentedControl, Select, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { SEVERITIES } from "@/components/severity";
import { pipelinesOptions, servicesOptions, templatesOptions } from "@/features/ci/ci-queries";
import type { Subject } from "./condition";
import { ConditionRows } from "./condition-rows";
import { NumberField } from "./number-field";
import classes from "./rule-editor.module.css";
import type { RuleSettings } from "./rule-source";

type RuleFormProps = {
  project: string;
  condition: string;
  settings: RuleSettings;
  disabled: boolean;
  /** What the server says about a field, by its path: "budget.per_hour". */
  errorOf: (path: string) => string | undefined;
  /** Errors of the pipeline or template. */
  actionErrors: readonly string[];
  onCondition: (condition: string) => void;
  onSettings: (settings: RuleSettings) => void;
};

/** The fields of a rule. They are a view of its source. */
export function RuleForm(props: RuleFormProps) {
  const { project, settings, disabled, errorOf, onSettings } = props;
  const pipelines = useQuery(pipelinesOptions(project)).data ?? [];
  const templates = useQuery(templatesOptions(project)).data ?? [];
  const services = useQuery(servicesOptions(project)).data ?? [];
  const subject: Subject = settings.on ?? "logs";
  const filter = settings.filter ?? {};
  const set = (next: Partial<RuleSettings>) => onSettings({ ...settings, ...next });
  const setFilter = (next: Partial<typeof filter>) => set({ filter: { ...filter, ...next } });
  const named = (items: readonly { id: string; name: string }[]) =>
    items.map(({ id, name }) => ({ value: id, label: name }));
  return (
    <div className={classes.form}>
      <Line label="Name">
        <TextInput
          size="xs"
          aria-label="Name"
          placeholder="Payment time-outs"
          className="grow"
          value={settings.name}
          disabled={disabled}
          error={errorOf("name")}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
      </Line>
      <Line label="Watches">
        <SegmentedControl
          aria-label="Watches"
          disabled={disabled}
          data={[
            { value: "logs", label: "Logs" },
            { value: "analysis", label: "Analyses" },
            { value: "run", label: "Runs" },
          ]}
          value={subject}
          onChange={(on) => set({ on: on as Subject, filter: {} })}
        />
      </Line>
      <Line label="Of">
        {subject === "logs" ? (
          <>
            <TagsInput
              size="xs"
              aria-label="Services"
              placeholder={filter.services?.length ? "" : "every service"}
              className="grow"
              data={services}
              value={filter.services ?? []}
              disabled={disabled}
              error={errorOf("filter.services")}
              onChange={(value) => setFilter({ services: value })}
            />
            <MultiSelect
              size="xs"
              aria-label="Severities"
              placeholder={filter.severities?.length ? "" : "every severity"}
              className="grow"
              data={[...SEVERITIES]}
              value={filter.severities ?? []}
              disabled={disabled}
              onChange={(value) =>
                setFilter({ severities: SEVERITIES.filter((severity) => value.includes(severity)) })
              }
            />
            <TextInput
              size="xs"
              aria-label="Text in the message, ignoring case"
              placeholder="with any text"
              title="Text in the message, ignoring case"
              className="grow"
              value={filter.contains ?? ""}
              disabled={disabled}
              error={errorOf("filter.contains")}
              onChange={(event) => setFilter({ contains: event.currentTarget.value || null })}
            />
          </>
        ) : subject === "run" ? (
          <MultiSelect
            size="xs"
            aria-label="Pipelines"
            placeholder={filter.pipelines?.length ? "" : "every pipeline"}
            className="grow"
            data={named(pipelines)}
            value={filter.pipelines ?? []}
            disabled={disabled}
            onChange={(value) => setFilter({ pipelines: value })}
          />
        ) : (
          <span className="muted">every analysis of the project that completes</span>
        )}
      </Line>
      <Line label="When all hold">
        <div className={classes.stack}>
          <ConditionRows
            key={subject}
            subject={subject}
            condition={props.condition}
            disabled={disabled}
            onChange={props.onCondition}
          />
        </div>
      </Line>
      {subject === "logs" ? (
        <Line label="Within">
          <Duration
            label="Window"
            value={settings.window ?? "5m"}
            disabled={disabled}
            error={errorOf("window")}
            onChange={(value) => set({ window: value })}
          />
          <span className="muted">which stats count over</span>
        </Line>
      ) : null}
      <Line label="Then">
        <div className={classes.stack}>
          <div className="row">
            <span className="muted">start</span>
            <Select
              size="xs"
              aria-label="Pipeline to start"
              placeholder={pipelines.length > 0 ? "Choose a pipeline" : "There is no pipeline yet"}
              className="grow"
              data={named(pipelines)}
              value={settings.action.pipeline_id || null}
              disabled={disabled}
              error={props.actionErrors.find((error) => error.includes("pipeline"))}
              onChange={(value) => set({ action: { ...settings.action, pipeline_id: value ?? "" } })}
            />
            {pipelines.length === 0 ? (
              <Link to="/projects/$project/ci/pipelines" params={{ project }}>
                Create one
              </Link>
            ) : null}
          </div>
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
              value={settings.action.template_id ?? null}
              disabled={disabled}
              error={props.actionErrors.find((error) => error.includes("template"))}
              onChange={(value) => set({ action: { ...settings.action, template_id: value } })}
            />
          </div>
          <Switch
            label="Dry run: record what would be sent, and send nothing"
            checked={settings.dry_run ?? false}
            disabled={disabled}
            onChange={(event) => set({ dry_run: event.currentTarget.checked })}
          />
        </div>
      </Line>
      <Limits settings={settings} disabled={disabled} errorOf={errorOf} set={set} />
      <Line label="Description">
        <Textarea
          size="xs"
          aria-label="Description"
          className="grow"
          autosize
          value={settings.description ?? ""}
          disabled={disabled}
          error={errorOf("description")}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
      </Line>
    </div>
  );
}

function Limits({
  settings,
  disabled,
  errorOf,
  set,
}: Pick<RuleFormProps, "settings" | "disabled" | "errorOf"> & {
  set: (next: Partial<RuleSettings>) => void;
}) {
  const budget = { per_hour: 4, per_day: 20, ...settings.budget };
  return (
    <Line label="Limits">
      <span className="muted">quiet for</span>
      <Duration
        label="Cooldown"
        value={settings.cooldown ?? "15m"}
        disabled={disabled}
        error={errorOf("cooldown")}
        onChange={(value) => set({ cooldown: value })}
      />
      <span className="muted">starts an hour</span>
      <NumberField
        label="Starts an hour"
        value={budget.per_hour}
        disabled={disabled}
        error={errorOf("budget.per_hour")}
        onChange={(per_hour) => set({ budget: { ...budget, per_hour } })}
      />
      <span className="muted">a day</span>
      <NumberField
        label="Starts a day"
        value={budget.per_day}
        disabled={disabled}
        error={errorOf("budget.per_day")}
        onChange={(per_day) => set({ budget: { ...budget, per_day } })}
      />
      <span className="muted">hops</span>
      <NumberField
        label="Hops"
        value={settings.max_hops ?? 1}
        disabled={disabled}
        error={errorOf("max_hops")}
        onChange={(max_hops) => set({ max_hops })}
      />
      <Switch
        label="Also on its own runs"
        checked={settings.allow_own_runs ?? false}
        disabled={disabled}
        onChange={(event) => set({ allow_own_runs: event.currentTarget.checked })}
      />
    </Line>
  );
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a grid row.
    <div className={classes.line} role="group" aria-label={label}>
      <span className={classes.label}>{label}</span>
      <div className={classes.controls}>{children}</div>
    </div>
  );
}

function Duration({
  label,
  value,
  disabled,
  error,
  onChange,
}: {
  label: string;
  value: string;
  disabled: boolean;
  error: string | undefined;
  onChange: (value: string) => void;
}) {
  return (
    <TextInput
      size="xs"
      aria-label={label}
      title="Such as 30s, 5m, 2h or 7d"
      className={classes.short}
      value={value}
      disabled={disabled}
      error={error?.replace("Value error, ", "")}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
