import { Button, Checkbox, Select, TextInput } from "@mantine/core";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { useUndo } from "@/components/records/undo";
import { TimeRangePicker } from "@/components/time-range-picker";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { itemsOf } from "@/lib/api/paged";
import { useRights } from "@/lib/api/session";
import { useCommands } from "@/lib/page/commands";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { formatAge, formatMoment, useZone } from "@/lib/time/time";
import { rangeParams } from "@/lib/time/time-range";
import { formatValue } from "./chart-data";
import { MetricCharts } from "./metric-charts";
import { MetricDrawer } from "./metric-drawer";
import { deleteMetric, type Metric, metricPagesOptions, updateMetric } from "./metric-queries";
import { AGGREGATES, DEFAULT_AGGREGATE, type MetricsSearch } from "./metrics-search";

const ROUTE = "/signed-in/projects/$project/metrics";
const DRAWN_AT_FIRST = 3;
const MAX_DRAWN = 6;
/** In the address, when no metric is drawn. */
const NONE = "none";
type Dialog = { kind: "form"; metric: Metric | null } | { kind: "delete"; metric: Metric } | null;

/** Named numbers over time, several in one chart. */
export function MetricsPage() {
  const { project } = useParams({ from: ROUTE });
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const rights = useRights(project);
  const pages = useInfiniteQuery(metricPagesOptions(project, search.service));
  const [dialog, setDialog] = useState<Dialog>(null);
  const undo = useUndo();
  const metrics = itemsOf(pages);
  const ids = search.metric ?? metrics.slice(0, DRAWN_AT_FIRST).map((metric) => metric.id);
  const drawn = ids.flatMap((id) => metrics.find((metric) => metric.id === id) ?? []).slice(0, MAX_DRAWN);
  const aggregate = search.aggregate ?? DEFAULT_AGGREGATE;
  usePageTitle(`Metrics of ${project}`);
  useApiRequests([
    {
      name: "Metrics",
      method: "GET",
      path: pathWith("/api/v1/metrics", { project_id: project }),
      operation: "metric_list",
    },
    ...drawn.map((metric) => ({
      name: `Series of ${metric.name}`,
      method: "GET" as const,
      path: pathWith(`/api/v1/metrics/${metric.id}/series`, { ...rangeParams(search), aggregate }),
      operation: "metric_series",
    })),
  ]);
  const create = () => setDialog({ kind: "form", metric: null });
  useCommands(
    rights.edit
      ? [{ id: "metric-new", label: "New metric", group: "Metrics", keys: ["n"], run: create }]
      : [],
  );
  const change = (next: Partial<MetricsSearch>, replace = false) =>
    void navigate({
      to: "/projects/$project/metrics",
      params: { project },
      search: (old: MetricsSearch) => ({ ...old, ...next }),
      replace,
    });
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["metrics"] });
  const toggle = (id: string) => {
    const others = ids.filter((other) => other !== id && other !== NONE);
    const chosen = ids.includes(id) ? others : [...others, id].slice(-MAX_DRAWN);
    change({ metric: chosen.length > 0 ? chosen : [NONE] });
  };
  const remove = useMutation({
    mutationFn: async (metric: Metric) => deleteMetric(metric.id),
    onSuccess: async () => {
      setDialog(null);
      await refresh();
    },
  });
  const handleSaved = async (before: Metric | null, saved: Metric) => {
    await refresh();
    if (!before) return undo.report(`Metric ${saved.name} is created. It has no points yet.`);
    undo.report(`Metric ${saved.name} is changed.`, async () => {
      const { name, unit, description } = before;
      await updateMetric(before.id, { name, unit, description });
      await refresh();
    });
  };
  const wanted = (search.name ?? "").trim().toLowerCase();
  const matches = (metric: Metric) =>
    `${metric.name}\n${metric.service_id ?? ""}`.toLowerCase().includes(wanted);
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Metrics</h1>
        <TextInput
          aria-label="Find a metric"
          placeholder="Name or service"
          leftSection={<IconSearch size={14} aria-hidden />}
          w={240}
          value={search.name ?? ""}
          onChange={(event) => change({ name: event.currentTarget.value || undefined }, true)}
        />
        <span className="grow" />
        <Select
          aria-label="How points are summed up"
          w={88}
          data={[...AGGREGATES]}
          value={aggregate}
          onChange={(value) => {
            const chosen = AGGREGATES.find((item) => item === value);
            change({ aggregate: chosen === DEFAULT_AGGREGATE ? undefined : chosen });
          }}
        />
        <TimeRangePicker value={search} onChange={({ range, from, to }) => change({ range, from, to })} />
        {rights.edit ? (
          <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={create}>
            New metric
          </Button>
        ) : null}
      </div>
      {undo.notice}
      {metrics.length > 0 ? (
        <MetricCharts project={project} metrics={drawn} range={search} aggregate={aggregate} />
      ) : null}
      <ResourceTable
        label="metrics"
        pages={pages}
        columns={useColumns(ids, toggle)}
        keyOf={(metric) => metric.id}
        nameOf={(metric) => metric.name}
        filter={wanted ? matches : undefined}
        actions={
          rights.edit
            ? (metric) => [
                { name: "Change…", run: () => setDialog({ kind: "form", metric }) },
                { name: "Delete…", run: () => setDialog({ kind: "delete", metric }) },
              ]
            : undefined
        }
        empty={
          <>
            <p>
              A metric is a named number over time, such as a duration or the length of a queue. Create one,
              then send points to it.
            </p>
            {rights.edit ? <Button onClick={create}>New metric</Button> : null}
          </>
        }
      />
      {dialog?.kind === "form" ? (
        <MetricDrawer
          project={project}
          metric={dialog.metric}
          onClose={() => setDialog(null)}
          onSaved={(saved) => handleSaved(dialog.metric, saved)}
        />
      ) : null}
      <Confirm
        opened={dialog?.kind === "delete"}
        title={`Delete metric ${dialog?.kind === "delete" ? dialog.metric.name : ""}?`}
        action="Delete metric"
        busy={remove.isPending}
        error={remove.error}
        {...(dialog?.kind === "delete" ? { typeToConfirm: dialog.metric.name } : {})}
        onClose={() => setDialog(null)}
        onConfirm={() => dialog?.kind === "delete" && remove.mutate(dialog.metric)}
      >
        All its points are deleted. They cannot be brought back.
      </Confirm>
      <PageFooter keys={rights.edit ? [["N", "new metric"]] : []}>
        <span>
          <b>{counted(metrics.length, "metric")}</b>, <b>{drawn.length}</b> drawn
        </span>
      </PageFooter>
    </div>
  );
}

function useColumns(drawn: readonly string[], onToggle: (id: string) => void): Column<Metric>[] {
  const [zone] = useZone();
  return [
    {
      name: "Metric",
      cell: (metric) => (
        <Checkbox
          size="xs"
          label={<span className="mono">{metric.name}</span>}
          checked={drawn.includes(metric.id)}
          onChange={() => onToggle(metric.id)}
        />
      ),
    },
    {
      name: "Service",
      cell: (metric) => metric.service_id ?? <span className="muted">whole project</span>,
    },
    {
      name: "Last value",
      numeric: true,
      cell: (metric) =>
        metric.last_value === null ? (
          <span className="muted">no points</span>
        ) : (
          formatValue(metric.last_value, metric.unit)
        ),
    },
    {
      name: "Last point",
      cell: ({ last_at: at }) =>
        at ? <span title={formatMoment(new Date(at), zone)}>{formatAge(new Date(at))}</span> : "",
      wide: true,
    },
    { name: "Kind", cell: (metric) => <span className="soft">{metric.kind}</span>, wide: true },
    { name: "Description", cell: (metric) => <span className="soft">{metric.description}</span>, wide: true },
  ];
}
