import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { CopyButton } from "@/components/copy-button";
import { Confirm } from "@/components/records/confirm";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { useUndo } from "@/components/records/undo";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { formatAge, formatMoment, useZone } from "@/lib/time/time";
import { DurationCell, HistoryCell, OutcomeMark, VerdictCell } from "./outcome-mark";
import { byOutcome, splitTestId } from "./outcomes";
import { TestDrawer } from "./test-drawer";
import { deleteTest, HISTORY_LENGTH, type Test, testPagesOptions, updateTest } from "./test-queries";
import type { TestsSearch } from "./tests-search";

const FIRST_COMMAND = "pip install logloop && pytest --logloop";
export type ChangeSearch = (next: Partial<TestsSearch>, replace?: boolean) => void;
type Dialog = { kind: "form"; test: Test | null } | { kind: "delete"; test: Test } | null;

/** The tests with their outcomes; what failed comes first. */
export function TestTable({
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
    // While a test is open, N moves to the next difference.
    rights.edit
      ? [{ id: "test-new", label: "New test", group: "Tests", keys: search.test ? [] : ["n"], run: create }]
      : [],
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
      const { name, func_id, service_id, owner, quarantined_until, quarantine_reason } = before;
      const fields = { name, func_id, service_id, owner, quarantined_until, quarantine_reason };
      await updateTest(project, before.test_id, fields);
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
        onOpen={(test) =>
          onChange({ test, run: undefined, in: undefined, open: undefined }, search.test !== undefined)
        }
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
    { name: "Verdict", cell: (test) => <VerdictCell project={project} test={test} />, wide: true },
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
    { name: "Owner", cell: (test) => <span className="soft">{test.owner}</span>, wide: true },
    { name: "Service", cell: (test) => <span className="soft">{test.service_id}</span>, wide: true },
  ];
}
