import { Button, Select } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { FilterSelect } from "@/components/records/filter-select";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { formatAge, formatMoment, useZone, type Zone } from "@/lib/time/time";
import { CauseLink } from "../cause-link";
import { CiEmpty } from "../ci-empty";
import { type Dispatch, dispatchPagesOptions, type Pipeline, pipelinesOptions } from "../ci-queries";
import { DISPATCH_STATES, type DispatchSearch } from "../ci-search";
import { dispatchState, StateMark } from "../state-mark";
import { DispatchDrawer } from "./dispatch-drawer";
import { StartDialog } from "./start-dialog";

const ROUTE = "/signed-in/projects/$project/ci/dispatches";

const columns = (project: string, zone: Zone): Column<Dispatch>[] => [
  {
    name: "Created",
    cell: (item) => (
      <span className="mono soft" title={formatMoment(new Date(item.created_at), zone)}>
        {formatAge(new Date(item.created_at))}
      </span>
    ),
  },
  {
    name: "State",
    cell: (item) => {
      const [tone, words] = dispatchState(item);
      return <StateMark tone={tone}>{words}</StateMark>;
    },
  },
  { name: "Event or workflow", cell: (item) => <span className="mono">{eventOf(item)}</span> },
  { name: "Repository", wide: true, cell: (item) => item.repository },
  {
    name: "Rule",
    cell: (item) =>
      item.rule_id ? (
        <Link to="/projects/$project/ci/rules/$rule" params={{ project, rule: item.rule_id }}>
          {item.rule_name}
        </Link>
      ) : (
        <span className="muted">by hand</span>
      ),
  },
  { name: "Cause", cell: (item) => <CauseLink project={project} dispatch={item} /> },
  { name: "Hop", numeric: true, wide: true, cell: (item) => item.hop ?? 0 },
  { name: "Tries", numeric: true, wide: true, cell: (item) => item.attempts ?? 0 },
  {
    name: "Run",
    cell: (item) =>
      item.run_id ? (
        <Link to="/projects/$project/ci/runs/$run" params={{ project, run: item.run_id }}>
          {item.run_id}
        </Link>
      ) : (
        <span className="muted clip" title={item.detail ?? undefined}>
          {item.detail ?? "none yet"}
        </span>
      ),
  },
];

export function eventOf(dispatch: Dispatch): string {
  return dispatch.mode === "workflow_dispatch" ? (dispatch.workflow ?? "workflow") : dispatch.event_type;
}

/** Everything that was sent to GitHub, or waits to be sent. */
export function DispatchesPage() {
  const { project } = useParams({ from: ROUTE });
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/projects/$project/ci/dispatches" });
  const rights = useRights(project);
  const [zone] = useZone();
  const { open, ...filter } = search;
  const pages = useInfiniteQuery(dispatchPagesOptions(project, filter));
  const pipelines = useQuery(pipelinesOptions(project));
  const [started, setStarted] = useState<Pipeline | null>(null);
  usePageTitle(`Dispatches of ${project}`);
  useApiRequests([
    {
      name: "Dispatches",
      method: "GET",
      path: pathWith("/api/v1/ci/dispatches", {
        project_id: project,
        state: filter.state,
        rule_id: filter.rule,
        pipeline_id: filter.pipeline,
      }),
      operation: "dispatch_list",
    },
  ]);
  // Moving from one open dispatch to the next is not a step that Back undoes.
  const change = (next: Partial<DispatchSearch>) =>
    void navigate({
      search: (old) => ({ ...old, ...next }),
      replace: open !== undefined && next.open !== undefined,
    });
  useCommands(
    open
      ? [
          {
            id: "dispatch-close",
            label: "Close the dispatch",
            group: "CI",
            keys: ["Escape"],
            run: () => change({ open: undefined }),
          },
        ]
      : [],
  );
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const choices = pipelines.data ?? [];
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Dispatches</h1>
        <FilterSelect
          name="State"
          choices={DISPATCH_STATES.map((value) => ({ value, label: value }))}
          value={filter.state}
          onChange={(state) => change({ state })}
        />
        <FilterSelect
          name="Pipeline"
          choices={choices.map(({ id, name }) => ({ value: id, label: name }))}
          value={filter.pipeline}
          onChange={(pipeline) => change({ pipeline })}
        />
        {filter.rule ? (
          <Button variant="subtle" onClick={() => change({ rule: undefined })}>
            Of every rule
          </Button>
        ) : null}
        <span className="grow" />
        {rights.edit && choices.length > 0 ? (
          <Select
            size="xs"
            aria-label="Start a pipeline"
            placeholder="Start a pipeline…"
            w={200}
            leftSection={<IconPlayerPlay size={14} aria-hidden />}
            data={choices.map(({ id, name }) => ({ value: id, label: name }))}
            value={null}
            onChange={(id) => setStarted(choices.find((item) => item.id === id) ?? null)}
          />
        ) : null}
      </div>
      <ResourceTable
        label="dispatches"
        pages={pages}
        columns={columns(project, zone)}
        keyOf={(item) => item.id}
        nameOf={eventOf}
        openKey={open}
        onOpen={(key) => change({ open: key === open ? undefined : key })}
        empty={
          isFiltered ? (
            <>
              <p>No dispatch matches.</p>
              <Button onClick={() => change({ state: undefined, pipeline: undefined, rule: undefined })}>
                Show every dispatch
              </Button>
            </>
          ) : (
            <CiEmpty
              title="Nothing was started yet"
              reached={2}
              action={
                <Link to="/projects/$project/ci/rules" params={{ project }}>
                  To the rules
                </Link>
              }
            >
              A dispatch is one request to GitHub to start a workflow. A rule makes it when it fires, or you
              start a pipeline by hand. Without GitHub credentials it is only recorded.
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
          <b>{itemsOf(pages).length}</b> dispatches read
        </span>
      </PageFooter>
      {open ? (
        <DispatchDrawer project={project} id={open} onClose={() => change({ open: undefined })} />
      ) : null}
      {started ? <StartDialog project={project} pipeline={started} onClose={() => setStarted(null)} /> : null}
    </div>
  );
}
