import { SegmentedControl, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { overviewOptions } from "@/lib/api/overview";
import { useRights } from "@/lib/api/session";
import { useAllCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { formatCount } from "@/lib/time/time";
import { Groups } from "./groups/groups";
import { OUTCOME_SIGNS } from "./outcomes";
import { Quarantine } from "./quarantine";
import { Runs } from "./runs";
import { TestPanel } from "./test-panel";
import { type ChangeSearch, TestTable } from "./test-table";
import classes from "./tests.module.css";
import { STATUSES, type TestsSearch } from "./tests-search";

const ROUTE = "/signed-in/projects/$project/tests";
const VIEWS = [
  [undefined, "Tests"],
  ["groups", "Groups"],
  ["runs", "Runs"],
  ["quarantine", "Quarantine"],
] as const;

/** What closes the panel of a test. */
const CLOSED = { test: undefined, run: undefined, open: undefined, show: undefined };

/** The tests of a project with their outcomes, and the lines that each wrote. */
export function TestsPage() {
  const { project } = useParams({ from: ROUTE });
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate();
  const rights = useRights(project);
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
    {
      name: "Comparison with green runs",
      method: "GET",
      path: pathWith("/api/v1/analyzer/test-comparison", { project_id: project, test_id: search.test }),
      operation: "test_comparison_read",
    },
  ]);
  const change: ChangeSearch = (next, replace = false) =>
    void navigate({
      to: "/projects/$project/tests",
      params: { project },
      search: (old: TestsSearch) => ({ ...old, ...next }),
      replace,
    });
  const hasDifferences = useAllCommands().some(({ id }) => id === "difference-next");
  const isOpen = search.test !== undefined || undefined;
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
              onClick={() => change({ view, ...CLOSED, in: undefined })}
            >
              {name}
            </button>
          ))}
        </span>
        <div className={classes.lists} data-hidden={isOpen}>
          {search.view === undefined ? (
            <TestFilter
              search={search}
              counts={counts?.by_last_status}
              total={counts?.total}
              onChange={change}
            />
          ) : null}
        </div>
      </div>
      <div className={classes.lists} data-hidden={isOpen}>
        {search.view === undefined ? <TestTable project={project} search={search} onChange={change} /> : null}
        {search.view === "groups" ? (
          <Groups
            project={project}
            chosenRun={search.in}
            onChooseRun={(run) => change({ in: run, ...CLOSED })}
            openTest={search.test}
            onOpen={(test, run) => change({ test, in: run, run: undefined, open: undefined })}
          />
        ) : null}
        {search.view === "runs" ? <Runs project={project} /> : null}
        {search.view === "quarantine" ? (
          <Quarantine
            project={project}
            openTest={search.test}
            onOpen={(test) => change({ test, run: undefined, open: undefined }, search.test !== undefined)}
          />
        ) : null}
      </div>
      {search.test ? (
        <TestPanel
          key={search.test}
          project={project}
          id={search.test}
          chosenOutcome={search.run}
          testRun={search.in}
          onChooseOutcome={(run) => change({ run, open: undefined })}
          showsLines={search.show === "lines"}
          onShowLines={(lines) => change({ show: lines ? "lines" : undefined, open: undefined })}
          openLog={search.open}
          onOpenLog={(open) => change({ open }, open !== undefined && search.open !== undefined)}
          onClose={() => change(CLOSED)}
        />
      ) : null}
      <PageFooter
        keys={[
          ...(search.view === undefined || search.view === "quarantine"
            ? [[search.test ? "Shift J K" : "J K", "test"] as [string, string]]
            : []),
          ...(hasDifferences ? [["N", "next difference"] as [string, string]] : []),
          ...(search.test && rights.edit ? [["A", "analyze"] as [string, string]] : []),
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
