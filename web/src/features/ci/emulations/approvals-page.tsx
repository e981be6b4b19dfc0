import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { usePageTitle } from "@/lib/page/page-title";
import { formatAge, formatMoment, useZone, type Zone } from "@/lib/time/time";
import { StateMark, Tag, type Tone } from "../state-mark";
import { ApprovalDrawer } from "./approval-drawer";
import { type Decision, decisionPagesOptions } from "./emulation-queries";

const ROUTE = "/signed-in/projects/$project/ci/approvals";
const STATES: Record<Decision["state"], [Tone, string]> = {
  waiting: ["waiting", "waits"],
  approved: ["good", "may run"],
  rejected: ["bad", "may not run"],
};

const moment = (text: string | null, zone: Zone) =>
  text ? <span title={formatMoment(new Date(text), zone)}>{formatAge(new Date(text))}</span> : null;

const columns = (zone: Zone): Column<Decision>[] => [
  {
    name: "State",
    cell: ({ state }) => {
      const [tone, words] = STATES[state];
      return <StateMark tone={tone}>{words}</StateMark>;
    },
  },
  {
    name: "Workflow",
    cell: ({ file, network }) => (
      <>
        {file ? <strong>{file}</strong> : <span className="muted">approved by its hash only</span>}{" "}
        {network ? <Tag>network</Tag> : null}
      </>
    ),
  },
  { name: "SHA-256", cell: ({ sha256 }) => <code title={sha256}>{sha256.slice(0, 12)}</code> },
  { name: "Requested by", cell: ({ requestedBy }) => requestedBy },
  { name: "Requested", wide: true, cell: ({ requestedAt }) => moment(requestedAt, zone) },
  { name: "Decided by", wide: true, cell: ({ decidedBy }) => decidedBy },
  { name: "Decided", wide: true, cell: ({ decidedAt }) => moment(decidedAt, zone) },
];

/** Which workflows the emulator may run: each exact text needs a decision of an administrator. */
export function ApprovalsPage() {
  const { project } = useParams({ from: ROUTE });
  const { open } = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/projects/$project/ci/approvals" });
  const [zone] = useZone();
  const pages = useInfiniteQuery(decisionPagesOptions(project));
  const items = itemsOf(pages);
  const shown = items.find(({ sha256 }) => sha256 === open);
  usePageTitle(`Approvals of ${project}`);
  useApiRequests([
    {
      name: "Requests",
      method: "GET",
      path: pathWith("/api/v1/ci/emulations/requests", { project_id: project }),
      operation: "emulation_request_list",
    },
    {
      name: "Approvals",
      method: "GET",
      path: pathWith("/api/v1/ci/emulations/approvals", { project_id: project }),
      operation: "emulation_approval_list",
    },
  ]);
  const show = (key: string | undefined) =>
    void navigate({ search: { open: key }, replace: open !== undefined && key !== undefined });
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Approvals</h1>
        <span className="muted">which workflows the emulator may run, by their exact text</span>
      </div>
      <ResourceTable
        label="workflows"
        pages={pages}
        columns={columns(zone)}
        keyOf={({ sha256 }) => sha256}
        nameOf={({ file, sha256 }) => file ?? sha256}
        openKey={open}
        onOpen={(key) => show(key === open ? undefined : key)}
        empty={
          <>
            <h2>No workflow waits for approval</h2>
            <p className="soft">
              The emulator runs a workflow only after an administrator has approved exactly its text. A
              workflow appears here when somebody emulates it, saves it in an emulated pipeline, or when a
              rule would have started it.
            </p>
          </>
        }
      />
      <PageFooter keys={[["J K", "next, previous"]]}>
        <span>
          <b>{items.filter(({ state }) => state === "waiting").length}</b> wait
        </span>
      </PageFooter>
      {shown ? (
        <ApprovalDrawer
          key={shown.sha256}
          project={project}
          decision={shown}
          onClose={() => show(undefined)}
        />
      ) : null}
    </div>
  );
}
