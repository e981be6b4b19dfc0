import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { FilterSelect } from "@/components/records/filter-select";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { formatAge, formatMoment, useZone, type Zone } from "@/lib/time/time";
import { CiEmpty } from "../ci-empty";
import { NOTIFICATION_STATES, type NotificationSearch } from "../ci-search";
import { receiversOptions } from "../receivers/receiver-queries";
import { NotificationDrawer } from "./notification-drawer";
import { type Notification, notificationPagesOptions } from "./notification-queries";
import { NotificationMark, rulesOf } from "./notification-state";

const ROUTE = "/signed-in/projects/$project/ci/notifications";
const STATE_NAMES = { collecting: "collects", sending: "is being sent", sent: "sent", failed: "failed" };

const columns = (zone: Zone, nameOf: (receiver: string) => string): Column<Notification>[] => [
  {
    name: "Begun",
    cell: (item) => (
      <span className="mono soft" title={formatMoment(new Date(item.created_at), zone)}>
        {formatAge(new Date(item.created_at))}
      </span>
    ),
  },
  { name: "State", cell: (item) => <NotificationMark item={item} /> },
  { name: "Receiver", cell: (item) => nameOf(item.receiver_id) },
  {
    name: "Rules",
    cell: (item) =>
      rulesOf(item)
        .map(({ name }) => name)
        .join(", "),
  },
  { name: "Line", wide: true, cell: (item) => <span className="mono clip">{item.matches[0]?.line}</span> },
  { name: "Matches", numeric: true, wide: true, cell: (item) => item.count },
  { name: "Tries", numeric: true, wide: true, cell: (item) => item.attempts ?? 0 },
  {
    name: "Reason",
    wide: true,
    cell: (item) => (
      <span className="muted clip" title={item.detail ?? undefined}>
        {item.detail}
      </span>
    ),
  },
];

/** Everything that was sent to receivers, or waits to be sent. */
export function NotificationsPage() {
  const { project } = useParams({ from: ROUTE });
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/projects/$project/ci/notifications" });
  const rights = useRights(project);
  const [zone] = useZone();
  const { open, ...filter } = search;
  const pages = useInfiniteQuery(notificationPagesOptions(project, filter));
  const receivers = useQuery(receiversOptions(project)).data ?? [];
  const nameOf = (id: string) => receivers.find((item) => item.id === id)?.name ?? "a deleted receiver";
  usePageTitle(`Notifications of ${project}`);
  useApiRequests([
    {
      name: "Notifications",
      method: "GET",
      path: pathWith("/api/v1/ci/notifications", {
        project_id: project,
        state: filter.state,
        receiver_id: filter.receiver,
        rule_id: filter.rule,
      }),
      operation: "notification_list",
    },
  ]);
  // Moving from one open notification to the next is not a step that Back undoes.
  const change = (next: Partial<NotificationSearch>) =>
    void navigate({
      search: (old) => ({ ...old, ...next }),
      replace: open !== undefined && next.open !== undefined,
    });
  const close = () => change({ open: undefined });
  useCommands(
    open
      ? [
          {
            id: "notification-close",
            label: "Close the notification",
            group: "CI",
            keys: ["Escape"],
            run: close,
          },
        ]
      : [],
  );
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Notifications</h1>
        <FilterSelect
          name="State"
          choices={NOTIFICATION_STATES.map((value) => ({ value, label: STATE_NAMES[value] }))}
          value={filter.state}
          onChange={(state) => change({ state })}
        />
        <FilterSelect
          name="Receiver"
          choices={receivers.map(({ id, name }) => ({ value: id, label: name }))}
          value={filter.receiver}
          onChange={(receiver) => change({ receiver })}
        />
        {filter.rule ? (
          <Button variant="subtle" onClick={() => change({ rule: undefined })}>
            Of every rule
          </Button>
        ) : null}
      </div>
      <ResourceTable
        label="notifications"
        pages={pages}
        columns={columns(zone, nameOf)}
        keyOf={(item) => item.id}
        nameOf={(item) => nameOf(item.receiver_id)}
        openKey={open}
        onOpen={(key) => change({ open: key === open ? undefined : key })}
        empty={
          isFiltered ? (
            <>
              <p>No notification matches.</p>
              <Button onClick={() => change({ state: undefined, receiver: undefined, rule: undefined })}>
                Show every notification
              </Button>
            </>
          ) : (
            <CiEmpty
              title="Nothing was sent yet"
              reached={2}
              action={
                <Link to="/projects/$project/ci/receivers" params={{ project }}>
                  To the receivers
                </Link>
              }
            >
              A notification is one message to a receiver about the lines that a rule matched. It is kept for
              30 days after it was sent.
            </CiEmpty>
          )
        }
      />
      <PageFooter
        keys={[
          ["J K", "open the next, the previous"],
          ["Esc", "close"],
        ]}
      >
        <span>
          <b>{counted(itemsOf(pages).length, "notification")}</b> read
        </span>
      </PageFooter>
      {open ? (
        <NotificationDrawer
          key={open}
          project={project}
          id={open}
          nameOf={nameOf}
          mayRetry={rights.edit}
          onClose={close}
        />
      ) : null}
    </div>
  );
}
