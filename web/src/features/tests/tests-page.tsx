import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Confirm } from "@/components/confirm";
import { CopyButton } from "@/components/copy-button";
import layout from "@/components/page.module.css";
import { PageFooter } from "@/components/page-footer";
import { type Column, ResourceTable } from "@/components/resource-table";
import { useUndo } from "@/components/undo";
import { pathWith, useApiRequests } from "@/lib/api-requests";
import { useCommands } from "@/lib/commands";
import { counted } from "@/lib/counted";
import { overviewOptions } from "@/lib/overview";
import { usePageTitle } from "@/lib/page-title";
import { useRights } from "@/lib/session";
import { formatAge, formatCount, formatMoment, useZone } from "@/lib/time";
import { Failures } from "./failures";
import { DurationCell, HistoryCell, OutcomeMark, VerdictCell } from "./outcome-mark";
import { byOutcome, OUTCOME_SIGNS, splitTestId } from "./outcomes";
import { Runs } from "./runs";
import { TestDrawer } from "./test-drawer";
import { TestPanel } from "./test-panel";
import { deleteTest, HISTORY_LENGTH, type Test, testPagesOptions, updateTest } from "./test-queries";
import classes from "./tests.module.css";
import { STATUSES, type TestsSearch } from "./tests-search";

const ROUTE = "/signed-in/projects/$project/tests";
const FIRST_COMMAND = "pip install logloop && pytest --logloop";
const VIEWS = [
  [undefined, "Tests"],
  ["failures", "Failures"],
  ["runs", "Runs"],
] as const;
type ChangeSearch = (next: Partial<TestsSearch>, replace?: boolean) => void;

/** The tests of a project with their outcomes, and the lines that each wrote. */
export function TestsPage() {
  const { project } = useParams({ from: ROUTE });
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate();
  const overview = useQuery(overviewOptions(project));
  usePageTitle(`Tests of ${project}`);
  useApiRequests([
    {
      name: "Tests",
      method: "GET",
      path: pathWith("/api/v1/tests", { project_id: project, last_status: search.status }),
      operation: "test_list",
    },
    {
      name: "Test runs",
      method: "GET",
      path: pathWith("/api/v1/test-runs", { project_id: project }),
      operation: "test_run_list",
    },
    {
      name: "History of a test",
      method: "GET",
      path: pathWith("/api/v1/test-history", { project_id: project, test_id: search.test }),
      operation: "test_history_read",
    },
  ]);
  const change: ChangeSearch = (next, replace = false) =>
    void navigate({
      to: "/projects/$project/tests",
      params: { project },
      search: (old: TestsSearch) => ({ ...old, ...next }),
      replace,
    });
  const counts = overview.data?.tests;
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1 className="visually-hidden">Tests</h1>
        <span className={classes.tabs}>
          {VIEWS.map(([view, name]) => (
            <button
              key={name}
              type="button"
              aria-pressed={search.view === view}
              onClick={() => change({ view, test: undefined, open: undefined })}
            >
              {name}
            </button>
          ))}
        </span>
        {search.view === undefined ? (
          <TestFilter
            search={search}
            counts={counts?.by_last_status}
            total={counts?.total}
            onChange={change}
          />
        ) : (
          <span className="grow" />
        )}
      </div>
      {search.view === undefined ? <TestTable project={project} search={search} onChange={change} /> : null}
      {search.view === "failures" ? (
        <Failures project={project} onOpen={(test) => change({ test, open: undefined })} />
      ) : null}
      {search.view === "runs" ? <Runs project={project} /> : null}
      {search.test ? (
        <TestPanel
          key={search.test}
          project={project}
          id={search.test}
          openLog={search.open}
          onOpenLog={(open) => change({ open }, true)}
          onClose={() => change({ test: undefined, open: undefined })}
        />
      ) : null}
      <PageFooter
        keys={[
          ...(search.view === undefined
            ? [[search.test ? "Shift J K" : "J K", "test"] as [string, string]]
            : []),
          ...(search.test ? [["A", "analyze"] as [string, string]] : []),
        ]}
      >
        {counts ? (
          <span>
            <b>{counted(counts.total, "test")}</b>
          </span>
        ) : null}
      </PageFooter>
    </div>
  );
}

function TestFilter({
  search,
  counts,
  total,
  onChange,
}: {
  search: TestsSearch;
  counts: Record<string, number> | undefined;
  total: number | undefined;
  onChange: ChangeSearch;
}) {
  const shown = STATUSES.filter(
    (status) => status === search.status || (counts ? (counts[status] ?? 0) > 0 : status === "failed"),
  );
  return (
    <>
      <TextInput
        className="grow"
        aria-label="Find a test"
        placeholder="Name or file"
        leftSection={<IconSearch size={14} aria-hidden />}
        value={search.name ?? ""}
        onChange={(event) => onChange({ name: event.currentTarget.value || undefined }, true)}
      />
      <SegmentedControl
        aria-label="Last outcome"
        data={[
          { value: "", label: `All ${total === undefined ? "" : formatCount(total)}` },
          ...shown.map((status) => ({
            value: status,
            label: `${OUTCOME_SIGNS[status]} ${counts ? formatCount(counts[status] ?? 0) : ""} ${status}`,
          })),
        ]}
        value={search.status ?? ""}
        onChange={(value) => onChange({ status: STATUSES.find((status) => status === value) })}
      />
    </>
  );
}

type Dialog = { kind: "form"; test: Test | null } | { kind: "delete"; test: Test } | null;

function TestTable({
  project,
  search,
  onChange,
}: {
  project: string;
  search: TestsSearch;
  onChange: ChangeSearch;
}) {
  const queryClient = useQueryClient();
  const rights = useRights(project);
  const pages = useInfiniteQuery(testPagesOptions(project, search.service, search.status));
  const [dialog, setDialog] = useState<Dialog>(null);
  const undo = useUndo();
  const create = () => setDialog({ kind: "form", test: null });
  useCommands(
    rights.edit ? [{ id: "test-new", label: "New test", group: "Tests", keys: ["n"], run: create }] : [],
  );
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["tests", project] });
  const remove = useMutation({
    mutationFn: async (test: Test) => deleteTest(project, test.test_id),
    onSuccess: async () => {
      setDialog(null);
      await refresh();
    },
  });
  const handleSaved = async (before: Test | null, saved: Test) => {
    await refresh();
    if (!before) return undo.report(`Test ${saved.name} is created.`);
    undo.report(`Test ${saved.name} is changed.`, async () => {
      const { name, func_id, service_id } = before;
      await updateTest(project, before.test_id, { name, func_id, service_id });
      await refresh();
    });
  };
  const wanted = (search.name ?? "").trim().toLowerCase();
  const matches = (test: Test) => `${test.test_id}\n${test.name}`.toLowerCase().includes(wanted);
  return (
    <>
      {undo.notice}
      <ResourceTable
        label="tests"
        pages={pages}
        columns={useColumns(project)}
        keyOf={(test) => test.test_id}
        nameOf={(test) => test.name}
        filter={wanted ? matches : undefined}
        order={byOutcome}
        openKey={search.test}
        onOpen={(test) => onChange({ test, open: undefined }, search.test !== undefined)}
        actions={
          rights.edit
            ? (test) => [
                { name: "Change…", run: () => setDialog({ kind: "form", test }) },
                { name: "Delete…", run: () => setDialog({ kind: "delete", test }) },
              ]
            : undefined
        }
        empty={
          search.status ? (
            <p>The last outcome of no test is {search.status}.</p>
          ) : (
            <>
              <p>A test appears when it writes its first log. For pytest, run:</p>
              <div className="row">
                <code>{FIRST_COMMAND}</code>
                <CopyButton text={FIRST_COMMAND} label="Copy" />
              </div>
              {rights.edit ? (
                <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={create}>
                  New test
                </Button>
              ) : null}
            </>
          )
        }
      />
      {dialog?.kind === "form" ? (
        <TestDrawer
          project={project}
          test={dialog.test}
          onClose={() => setDialog(null)}
          onSaved={(saved) => handleSaved(dialog.test, saved)}
        />
      ) : null}
      <Confirm
        opened={dialog?.kind === "delete"}
        title="Delete this test?"
        action="Delete test"
        busy={remove.isPending}
        error={remove.error}
        onClose={() => setDialog(null)}
        onConfirm={() => dialog?.kind === "delete" && remove.mutate(dialog.test)}
      >
        {dialog?.kind === "delete" ? dialog.test.test_id : ""} leaves the list. Its logs stay, and its next
        log registers it again; the number of its runs starts anew.
      </Confirm>
    </>
  );
}

function useColumns(project: string): Column<Test>[] {
  const [zone] = useZone();
  return [
    { name: "Last", cell: (test) => <OutcomeMark outcome={test.last_status} /> },
    {
      name: "Test",
      cell: (test) => (
        <span className="mono" title={test.test_id}>
          {test.name === test.test_id ? splitTestId(test.test_id).name : test.name}
        </span>
      ),
    },
    {
      name: "File",
      cell: (test) => (
        <span className="muted" title={test.test_id}>
          {splitTestId(test.test_id).file.split("/").at(-1)}
        </span>
      ),
      wide: true,
    },
    {
      name: `${HISTORY_LENGTH} runs, newest right`,
      cell: (test) => <HistoryCell project={project} test={test.test_id} />,
      wide: true,
    },
    { name: "Verdict", cell: (test) => <VerdictCell project={project} test={test.test_id} />, wide: true },
    {
      name: "Time",
      numeric: true,
      cell: (test) => <DurationCell project={project} test={test.test_id} />,
      wide: true,
    },
    {
      name: "Last run",
      cell: ({ last_run_at: at }) =>
        at ? (
          <span className="muted" title={formatMoment(new Date(at), zone)}>
            {formatAge(new Date(at))}
          </span>
        ) : (
          ""
        ),
      wide: true,
    },
    { name: "Service", cell: (test) => <span className="soft">{test.service_id}</span>, wide: true },
  ];
}
