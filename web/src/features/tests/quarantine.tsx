import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { useUndo } from "@/components/records/undo";
import { useRights } from "@/lib/api/session";
import { formatMoment, useZone } from "@/lib/time/time";
import { HistoryCell, OutcomeMark } from "./outcome-mark";
import { byOutcome, splitTestId } from "./outcomes";
import { TestDrawer } from "./test-drawer";
import { HISTORY_LENGTH, quarantinedPagesOptions, type Test, updateTest } from "./test-queries";

/** The tests whose failures are tolerated for a while. */
export function Quarantine({
  project,
  openTest,
  onOpen,
}: {
  project: string;
  openTest: string | undefined;
  onOpen: (test: string) => void;
}) {
  const queryClient = useQueryClient();
  const rights = useRights(project);
  const pages = useInfiniteQuery(quarantinedPagesOptions(project));
  const [changed, setChanged] = useState<Test | null>(null);
  const undo = useUndo();
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["tests", project] });
  const end = useMutation({
    mutationFn: (test: Test) => updateTest(project, test.test_id, { quarantined_until: null }),
    onSuccess: async (_, { test_id: id, name, quarantined_until, quarantine_reason }) => {
      await refresh();
      undo.report(`Test ${name} left the quarantine.`, async () => {
        await updateTest(project, id, { quarantined_until, quarantine_reason });
        await refresh();
      });
    },
  });
  return (
    <>
      {undo.notice}
      {end.error ? <ProblemNotice error={end.error} title="The quarantine goes on." /> : null}
      <ResourceTable
        label="tests in quarantine"
        pages={pages}
        columns={useColumns(project)}
        keyOf={(test) => test.test_id}
        nameOf={(test) => test.name}
        order={byOutcome}
        openKey={openTest}
        onOpen={onOpen}
        actions={
          rights.edit
            ? (test) => [
                { name: "Change…", run: () => setChanged(test) },
                { name: "End the quarantine", run: () => end.mutate(test) },
              ]
            : undefined
        }
        empty={
          <p>
            No test is in quarantine. To tolerate the failures of a test for a while, choose Change… in the
            list of tests, and say until when and why.
          </p>
        }
      />
      {changed ? (
        <TestDrawer
          project={project}
          test={changed}
          onClose={() => setChanged(null)}
          onSaved={async (saved) => {
            await refresh();
            undo.report(`Test ${saved.name} is changed.`);
          }}
        />
      ) : null}
    </>
  );
}

function useColumns(project: string): Column<Test>[] {
  const [zone] = useZone();
  return [
    { name: "Last", cell: (test) => <OutcomeMark outcome={test.last_status} />, wide: true },
    {
      name: "Test",
      cell: (test) => (
        <span className="mono" title={test.test_id}>
          {test.name === test.test_id ? splitTestId(test.test_id).name : test.name}
        </span>
      ),
    },
    {
      name: "Until",
      cell: ({ quarantined_until: until }) => (until ? formatMoment(new Date(until), zone) : ""),
    },
    {
      name: "Reason",
      cell: (test) => <span title={test.quarantine_reason ?? ""}>{test.quarantine_reason}</span>,
    },
    {
      name: `${HISTORY_LENGTH} runs, newest right`,
      cell: (test) => <HistoryCell project={project} test={test.test_id} />,
      wide: true,
    },
    { name: "Owner", cell: (test) => <span className="soft">{test.owner}</span>, wide: true },
  ];
}
