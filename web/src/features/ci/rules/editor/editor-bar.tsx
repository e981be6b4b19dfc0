import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { TEST_RANGES } from "@/features/ci/ci-search";
import type { Rule } from "@/features/ci/rules/rule-queries";
import { Tag } from "@/features/ci/state-mark";
import { useRights } from "@/lib/api/session";
import { AnalyzeLines } from "./analyze-lines";
import { CheckMark } from "./check-mark";
import classes from "./rule-editor.module.css";
import type { useRuleSource } from "./source/use-rule-source";

type EditorBarProps = {
  project: string;
  rule: Rule | null;
  name: string;
  range: (typeof TEST_RANGES)[number];
  editing: ReturnType<typeof useRuleSource>;
  canSave: boolean;
  isSaving: boolean;
  onSave: () => void;
  /** Asks whether to save the rule and switch it on. */
  onSwitchOn: () => void;
};

/** The name and state of the rule, and what can be done with it. */
export function EditorBar({ project, rule, name, range, editing, ...props }: EditorBarProps) {
  const { canSave, isSaving, onSave, onSwitchOn } = props;
  const rights = useRights(project);
  const { settings } = editing.settings;
  const isOn = rule?.enabled ?? false;
  const mayEdit = rights.edit && !rule?.source;
  return (
    <div className={classes.bar}>
      <div>
        <div className={classes.crumb}>
          <Link
            className="underlined"
            to="/projects/$project/ci/rules"
            params={{ project }}
            activeOptions={{ exact: true }}
          >
            Rules
          </Link>
          {rule ? "" : " / new"}
        </div>
        <div className="row">
          <h1>{name}</h1>
          {rule ? <Tag>{isOn ? "on" : "off"}</Tag> : null}
          {settings?.dry_run ? <Tag>dry run</Tag> : null}
          {editing.isDirty ? <span className="muted">unsaved, kept in this browser</span> : null}
        </div>
      </div>
      <span className="grow" />
      <CheckMark editing={editing} />
      {rights.edit && settings ? (
        <AnalyzeLines
          project={project}
          condition={editing.source.condition}
          settings={settings}
          range={range}
        />
      ) : null}
      {editing.isDirty ? <Button onClick={editing.reset}>Discard</Button> : null}
      {mayEdit ? (
        <Button
          variant={isOn ? "filled" : "default"}
          disabled={!canSave}
          loading={isSaving}
          rightSection={<kbd>Ctrl S</kbd>}
          onClick={onSave}
        >
          {rule ? "Save" : "Save switched off"}
        </Button>
      ) : null}
      {mayEdit && !isOn ? (
        <Button variant="filled" disabled={!canSave || !editing.isValid} onClick={onSwitchOn}>
          Save and switch on…
        </Button>
      ) : null}
    </div>
  );
}
