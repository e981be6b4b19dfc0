import { Button, FileButton, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { type DragEvent, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { useApiRequests } from "@/lib/api/api-requests";
import type { CiBridge } from "@/lib/api/client";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { pipelinesOptions } from "../ci-queries";
import type { TEST_RANGES } from "../ci-search";
import { SourceField } from "../rules/editor/source/source-field";
import { BackTestPanel } from "../rules/firings/back-test";
import type { RuleDraft } from "../rules/rule-queries";
import { StateMark } from "../state-mark";
import { ConditionTable } from "./condition-table";
import { conditionName, errorsOf, fileCheckOptions, type StatedCondition } from "./workflow-queries";
import classes from "./workflows.module.css";

type FileCheck = CiBridge["schemas"]["FileCheck"];

const CHECK_AFTER_MS = 300;
const EXAMPLE = `name: Diagnose
on:
  repository_dispatch:
    types: [logloop.checkout]
env:
  LOGLOOP_WHEN: log.severity == "error" && stats.count > 5
  LOGLOOP_WINDOW: 5m
jobs:
  diagnose:
    runs-on: ubuntu-latest
    steps:
      - run: echo diagnosed
`;

/** Checks a workflow file before it is pushed, and tests its conditions on stored lines. Nothing is stored. */
export function CheckPage() {
  const { project } = useParams({ from: "/signed-in/projects/$project/ci/workflows/check" });
  const pipelines = useQuery(pipelinesOptions(project)).data ?? [];
  const repositories = [
    ...new Set(pipelines.filter(({ mode }) => mode !== "emulated").map(({ repository }) => repository)),
  ];
  const [path, setPath] = useState(".github/workflows/diagnose.yml");
  const [text, setText] = useState(EXAMPLE);
  const [repository, setRepository] = useState<string | null>(null);
  const [isOver, setIsOver] = useState(false);
  const [settledPath] = useDebouncedValue(path, CHECK_AFTER_MS);
  const [settled] = useDebouncedValue(text, CHECK_AFTER_MS);
  const check = useQuery(fileCheckOptions(project, repository, settledPath, settled));
  usePageTitle(`Check a workflow file · ${project}`);
  useApiRequests([
    { name: "Check", method: "POST", path: "/api/v1/ci/workflows/check", operation: "workflow_check" },
  ]);
  const load = async (file: File | null | undefined) => {
    if (!file) return;
    setPath(`.github/workflows/${file.name}`);
    setText(await file.text());
  };
  const handleDrop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    void load(event.dataTransfer.files[0]);
  };
  const result = check.error ? undefined : check.data;
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <Link className="underlined" to="/projects/$project/ci/workflows" params={{ project }}>
          Workflow files
        </Link>
        <h1>Check a file</h1>
        <span className="muted">before it is pushed; nothing is stored or started</span>
        <span className="grow" />
        <Verdict result={result} isChecking={check.isFetching || settled !== text} />
      </div>
      <div className={layout.scroll}>
        {check.error ? <ProblemNotice error={check.error} onRetry={() => void check.refetch()} /> : null}
        <div className={classes.form}>
          <TextInput
            label="Path in the repository"
            value={path}
            onChange={(event) => setPath(event.currentTarget.value)}
          />
          <Select
            label="Repository"
            placeholder="None: pipelines are not compared"
            clearable
            allowDeselect
            data={repositories}
            value={repository}
            onChange={setRepository}
          />
          <FileButton accept=".yml,.yaml" onChange={(file) => void load(file)}>
            {(props) => <Button {...props}>Choose a file…</Button>}
          </FileButton>
        </div>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; the button does the same. */}
        <div
          className={classes.drop}
          data-over={isOver || undefined}
          onDragOver={(event) => {
            event.preventDefault();
            setIsOver(true);
          }}
          onDragLeave={() => setIsOver(false)}
          onDrop={handleDrop}
        >
          <SourceField
            label="Workflow: type or paste it, or drop a file here"
            value={text}
            errors={errorsOf(result?.violations ?? [])}
            disabled={false}
            minLines={8}
            onChange={setText}
          />
        </div>
        {result ? <Changes result={result} /> : null}
        {result && result.stated.length > 0 ? (
          <>
            <ConditionTable project={project} stated={result.stated} />
            <BackTests project={project} stated={result.stated} />
          </>
        ) : null}
      </div>
      <PageFooter keys={[["B", "back-test"]]}>
        <span>
          {check.error
            ? "not checked"
            : check.isFetching
              ? "being checked by the server"
              : "checked by the server"}
        </span>
      </PageFooter>
    </div>
  );
}

function Verdict({ result, isChecking }: { result: FileCheck | undefined; isChecking: boolean }) {
  const count = result?.violations?.length ?? 0;
  return (
    <span role="status">
      {isChecking ? (
        <StateMark tone="waiting">checking</StateMark>
      ) : result === undefined ? null : count > 0 ? (
        <StateMark tone="bad">{counted(count, "violation")}</StateMark>
      ) : (
        <StateMark tone="good">no violation</StateMark>
      )}
    </span>
  );
}

/** What sending the file alone would change. */
function Changes({ result }: { result: FileCheck }) {
  const { repository, created = [], changed = [], kept = [] } = result;
  if (!repository) {
    return (
      <p className={`muted ${classes.note}`}>
        Choose the repository to see which rules the file would make, and whether a pipeline starts it.
      </p>
    );
  }
  const parts = [
    created.length > 0 ? `makes ${created.join(", ")}` : "",
    changed.length > 0 ? `changes ${changed.join(", ")}` : "",
    kept.length > 0 ? `keeps ${kept.join(", ")}` : "",
  ].filter(Boolean);
  return (
    <p className={classes.note}>
      {parts.length > 0
        ? `In ${repository}, the file ${parts.join(", and ")}.`
        : `In ${repository}, the file changes no rule.`}
    </p>
  );
}

const draftOf = ({ key, on, condition, window, cooldown }: StatedCondition): RuleDraft => ({
  name: key,
  on,
  condition,
  ...(window ? { window } : {}),
  ...(cooldown ? { cooldown } : {}),
  action: { pipeline_id: "" },
});

function BackTests({ project, stated }: { project: string; stated: readonly StatedCondition[] }) {
  const [range, setRange] = useState<(typeof TEST_RANGES)[number]>("24h");
  const [key, setKey] = useState("when");
  const shown = stated.find((item) => item.key === key) ?? stated[0];
  if (!shown) return null;
  return (
    <>
      {stated.length > 1 ? (
        <div className={classes.form}>
          <Select
            label="Condition to test"
            data={stated.map((item) => ({ value: item.key, label: conditionName(item.key) }))}
            value={shown.key}
            onChange={(value) => setKey(value ?? "when")}
          />
        </div>
      ) : null}
      <BackTestPanel
        key={shown.key}
        project={project}
        ruleId={null}
        draft={draftOf(shown)}
        range={range}
        onRange={setRange}
      />
    </>
  );
}
