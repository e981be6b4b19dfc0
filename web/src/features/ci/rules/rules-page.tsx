import { Button, Switch } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueries, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { actionWords } from "@/features/ci/rules/editor/action/rule-actions";
import { gateText } from "@/features/ci/rules/firings/gates";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { formatAge, formatMoment, useZone } from "@/lib/time/time";
import { CiEmpty } from "../ci-empty";
import { StateMark, Tag } from "../state-mark";
import { FileLink } from "../workflows/file-link";
import {
  deleteRule,
  draftOf,
  type EvaluationPage,
  evaluationsOptions,
  type Rule,
  rulePagesOptions,
  updateRule,
} from "./rule-queries";

const SUBJECTS = { logs: "logs", analysis: "analyses", run: "runs" } as const;
/** For so many rules the page asks why and when they fired. */
const MAX_STATUSES = 50;

type Dialog = { kind: "switch" | "delete"; rule: Rule } | null;

/** The rules of a project: what they wait for, when they fired, and whether they are on. */
export function RulesPage() {
  const { project } = useParams({ from: "/signed-in/projects/$project/ci/rules" });
  const navigate = useNavigate();
  const rights = useRights(project);
  const queryClient = useQueryClient();
  const pages = useInfiniteQuery(rulePagesOptions(project));
  const [dialog, setDialog] = useState<Dialog>(null);
  const rules = itemsOf(pages);
  const looks = useQueries({
    queries: rules
      .slice(0, MAX_STATUSES)
      .map((rule) => ({ ...evaluationsOptions(rule.id), refetchInterval: 15_000 })),
  });
  const lookOf = new Map(rules.map((rule, index) => [rule.id, looks[index]?.data]));
  usePageTitle(`Rules of ${project}`);
  useApiRequests([
    {
      name: "Rules",
      method: "GET",
      path: pathWith("/api/v1/ci/rules", { project_id: project }),
      operation: "rule_list",
    },
  ]);
  const create = () => void navigate({ to: "/projects/$project/ci/rules/new", params: { project } });
  useCommands(
    rights.edit ? [{ id: "rule-new", label: "New rule", group: "CI", keys: ["n"], run: create }] : [],
  );
  const close = () => {
    setDialog(null);
    change.reset();
  };
  const change = useMutation({
    mutationFn: async ({ kind, rule }: NonNullable<Dialog>) => {
      if (kind === "delete") await deleteRule(rule.id);
      else await updateRule(rule.id, { ...draftOf(rule), enabled: !rule.enabled });
    },
    onSuccess: async (_, { rule }) => {
      setDialog(null);
      queryClient.removeQueries({ queryKey: ["ci", "rule", rule.id] });
      await queryClient.invalidateQueries({ queryKey: ["ci", project] });
    },
  });
  const handleSwitch = (rule: Rule) => {
    // Switching a rule on may start workflows, so it asks; switching it off does not.
    if (rule.enabled) change.mutate({ kind: "switch", rule });
    else setDialog({ kind: "switch", rule });
  };
  const newButton = rights.edit ? (
    <Button variant="filled" leftSection={<IconPlus size={14} aria-hidden />} onClick={create}>
      New rule
    </Button>
  ) : null;
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Rules</h1>
        <span className="muted">when something starts by itself</span>
        <span className="grow" />
        {rules.length > 0 ? newButton : null}
      </div>
      {change.error && !dialog ? (
        <ProblemNotice error={change.error} title="The rule is not changed." />
      ) : null}
      <ResourceTable
        label="rules"
        pages={pages}
        columns={ruleColumns(project, lookOf, rights.edit ? handleSwitch : undefined)}
        keyOf={(rule) => rule.id}
        nameOf={(rule) => rule.name}
        actions={
          rights.edit
            ? (rule) => [
                {
                  name: rule.source ? "Open" : "Edit",
                  run: () =>
                    void navigate({
                      to: "/projects/$project/ci/rules/$rule",
                      params: { project, rule: rule.id },
                    }),
                },
                // A rule of a workflow file is removed in the file.
                ...(rule.source ? [] : [{ name: "Delete…", run: () => setDialog({ kind: "delete", rule }) }]),
              ]
            : undefined
        }
        empty={
          <CiEmpty title="No rule yet" reached={1} action={newButton}>
            A rule watches the lines of the project, completed analyses or ended runs. When its condition
            holds, it starts a pipeline or an analysis, or tells somebody. You can test it on stored lines
            before it is on.
            {rights.edit ? "" : " A member of the project can create one."}
          </CiEmpty>
        }
      />
      <PageFooter keys={rights.edit ? [["N", "new rule"]] : []}>
        <span>
          <b>{rules.filter(({ enabled }) => enabled).length}</b> of {rules.length} rules are on
        </span>
      </PageFooter>
      <Confirm
        opened={dialog !== null}
        title={`${dialog?.kind === "delete" ? "Delete" : "Switch on"} ${dialog?.rule.name ?? ""}?`}
        action={dialog?.kind === "delete" ? "Delete rule" : "Switch on"}
        busy={change.isPending}
        error={change.error}
        onClose={close}
        onConfirm={() => dialog && change.mutate(dialog)}
      >
        {dialog?.kind === "delete"
          ? "Its evaluations and its count of firings are deleted with it. Its dispatches stay listed."
          : dialog?.rule.dry_run
            ? "When it fires, its dispatches are recorded and nothing is sent: it is a dry run."
            : `When it fires, it ${actionWords(dialog?.rule.action ?? {})}, at most ${dialog?.rule.budget?.per_day ?? 20} times a day.`}
      </Confirm>
    </div>
  );
}

function ruleColumns(
  project: string,
  lookOf: ReadonlyMap<string, EvaluationPage | undefined>,
  onSwitch: ((rule: Rule) => void) | undefined,
): Column<Rule>[] {
  return [
    {
      name: "On",
      cell: (rule) =>
        onSwitch ? (
          <Switch
            aria-label={`${rule.name} is on`}
            checked={rule.enabled ?? true}
            onChange={() => onSwitch(rule)}
          />
        ) : (
          <StateMark tone={rule.enabled ? "good" : "quiet"}>{rule.enabled ? "on" : "off"}</StateMark>
        ),
    },
    {
      name: "Rule",
      cell: (rule) => (
        <>
          <Link to="/projects/$project/ci/rules/$rule" params={{ project, rule: rule.id }}>
            {rule.name}
          </Link>{" "}
          {rule.dry_run ? <Tag>dry run</Tag> : null}
          {rule.source ? (
            <Tag>
              <FileLink project={project} source={rule.source} />
            </Tag>
          ) : null}
        </>
      ),
    },
    { name: "Watches", wide: true, cell: (rule) => SUBJECTS[rule.on ?? "logs"] },
    {
      name: "Condition",
      wide: true,
      cell: (rule) => (
        <code className="soft" title={rule.condition}>
          {rule.condition?.replace(/\s+/g, " ")}
        </code>
      ),
    },
    { name: "Does", wide: true, cell: (rule) => <span className="soft">{actionWords(rule.action)}</span> },
    { name: "Last fired", cell: (rule) => <LastFired look={lookOf.get(rule.id)} /> },
    { name: "State", cell: (rule) => <RuleState rule={rule} look={lookOf.get(rule.id)} /> },
  ];
}

function LastFired({ look }: { look: EvaluationPage | undefined }) {
  const [zone] = useZone();
  if (!look) return <span className="muted">…</span>;
  const fired = look.items.find(({ outcome }) => outcome === "fired" || outcome === "dry_run");
  if (!fired) {
    return <span className="muted">{look.now.fired_last_day ? "today" : "not lately"}</span>;
  }
  const at = new Date(fired.at);
  return (
    <span title={formatMoment(at, zone)}>
      {formatAge(at)} <span className="muted">· {look.now.fired_last_day} in 24 h</span>
    </span>
  );
}

function RuleState({ rule, look }: { rule: Rule; look: EvaluationPage | undefined }) {
  if (!rule.enabled) return <StateMark tone="quiet">off</StateMark>;
  const last = look?.items[0];
  const failed = last?.parts?.find(({ error }) => error);
  if (failed?.error) return <StateMark tone="bad">{failed.error}</StateMark>;
  if (last?.gate === "payload" || last?.gate === "no_pipeline") {
    return <StateMark tone="bad">{last.detail ?? gateText(last.gate)}</StateMark>;
  }
  if (look?.now.gate) return <StateMark tone="waiting">{gateText(look.now.gate)}</StateMark>;
  return <StateMark tone="good">watches</StateMark>;
}
