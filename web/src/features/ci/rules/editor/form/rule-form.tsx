import { MultiSelect, SegmentedControl, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { SEVERITIES } from "@/components/severity";
import { pipelinesOptions, servicesOptions } from "@/features/ci/ci-queries";
import { ActionFields } from "../action/action-fields";
import { actionFor } from "../action/rule-actions";
import type { Subject } from "../condition/condition";
import { ConditionRows } from "../condition/condition-rows";
import classes from "../rule-editor.module.css";
import type { RuleSettings } from "../source/rule-source";
import { Duration, Line } from "./form-line";
import { NumberField } from "./number-field";

type RuleFormProps = {
  project: string;
  condition: string;
  settings: RuleSettings;
  disabled: boolean;
  /** What the server says about a field, by its path: "budget.per_hour". */
  errorOf: (path: string) => string | undefined;
  /** Errors of the pipeline, the template and the receivers. */
  actionErrors: readonly string[];
  onCondition: (condition: string) => void;
  onSettings: (settings: RuleSettings) => void;
};

/** The fields of a rule. They are a view of its source. */
export function RuleForm(props: RuleFormProps) {
  const { project, settings, disabled, errorOf, onSettings } = props;
  const pipelines = useQuery(pipelinesOptions(project)).data ?? [];
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
          onChange={(value) => {
            const on = value as Subject;
            set({ on, filter: {}, action: actionFor(on, settings.action) });
          }}
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
      <ActionFields
        project={project}
        settings={settings}
        disabled={disabled}
        errorOf={errorOf}
        actionErrors={props.actionErrors}
        set={set}
      />
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
