import { Button, SegmentedControl, TextInput, UnstyledButton } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { NotAllowed } from "@/components/page/not-allowed";
import { Notice, ProblemNotice } from "@/components/page/notice";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { pathWith, useApiRequests } from "@/lib/api/api-requests";
import { content, type Query, query } from "@/lib/api/client";
import { itemsOf, pagedOptions } from "@/lib/api/paged";
import { useRights } from "@/lib/api/session";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { formatCount, formatMoment, useZone } from "@/lib/time/time";
import type { AuditSearch } from "./audit-search";

type AuditEntry = Query["schemas"]["AuditEntry"];
type Filter = Pick<AuditSearch, "action" | "actor" | "resource">;

const PAGE_SIZE = 200;
const ROUTE = "/signed-in/projects/$project/settings/audit";

/** Who changed what. Entries are chained by hashes, which an administrator can verify. */
export function AuditPage() {
  const { project } = useParams({ from: ROUTE });
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate();
  const rights = useRights(project);
  const isAll = search.all === "1" && rights.installation;
  const filter = {
    project_id: isAll ? undefined : project,
    action: search.action,
    actor_id: search.actor,
    resource_id: search.resource,
  };
  const pages = useInfiniteQuery({
    ...pagedOptions<AuditEntry>(["audit", filter], async (cursor, signal) =>
      content(
        await query.GET("/api/v1/audit", {
          params: { query: { ...filter, limit: PAGE_SIZE, cursor } },
          signal,
        }),
      ),
    ),
    enabled: rights.administer,
  });
  const verify = useMutation({
    mutationFn: async () => content(await query.GET("/api/v1/audit/verification")),
  });
  usePageTitle(isAll ? "Audit trail" : `Audit trail of ${project}`);
  useApiRequests([
    { name: "Audit trail", method: "GET", path: pathWith("/api/v1/audit", filter), operation: "audit_list" },
  ]);
  const change = (next: AuditSearch) =>
    void navigate({
      to: "/projects/$project/settings/audit",
      params: { project },
      search: (old: AuditSearch) => ({ ...old, ...next }),
    });
  const columns = useColumns(isAll, change);
  if (!rights.administer) {
    return <NotAllowed>Administrators of the project see its audit trail.</NotAllowed>;
  }
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Audit trail</h1>
        {rights.installation ? (
          <SegmentedControl
            aria-label="Entries of"
            data={[
              { value: "project", label: `Project ${project}` },
              { value: "all", label: "Installation" },
            ]}
            value={isAll ? "all" : "project"}
            onChange={(value) => change({ all: value === "all" ? "1" : undefined })}
          />
        ) : null}
        <FilterForm key={JSON.stringify(search)} search={search} onChange={change} />
        <span className="grow" />
        {rights.installation ? (
          <Button loading={verify.isPending} onClick={() => verify.mutate()}>
            Verify the chain
          </Button>
        ) : null}
      </div>
      {verify.error ? <ProblemNotice error={verify.error} title="Not verified." /> : null}
      {verify.data ? <Verified result={verify.data} /> : null}
      <ResourceTable
        label="entries"
        pages={pages}
        columns={columns}
        keyOf={(entry) => String(entry.number)}
        nameOf={(entry) => `entry ${entry.number}`}
        empty={<p>No change matches. Sign-ins are entries of the installation, not of a project.</p>}
      />
      <PageFooter>
        <span>
          <b>{counted(itemsOf(pages).length, "entry", "entries")}</b> shown, newest first
        </span>
      </PageFooter>
    </div>
  );
}

function Verified({ result }: { result: Query["schemas"]["AuditVerification"] }) {
  return result.intact ? (
    <Notice tone="info">
      <span className="ok">✓ Intact:</span> {formatCount(result.entries)} entries from the first one. The last
      hash is <code>{result.head}</code>. Keep it elsewhere to find out later whether entries were cut off.
    </Notice>
  ) : (
    <Notice tone="error">
      The chain is broken at entry {result.broken_at}. The {formatCount(result.entries)} entries before it are
      valid.
    </Notice>
  );
}

function FilterForm({ search, onChange }: { search: AuditSearch; onChange: (next: Filter) => void }) {
  const [values, setValues] = useState<Filter>(search);
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    onChange({
      action: values.action?.trim() || undefined,
      actor: values.actor?.trim() || undefined,
      resource: values.resource?.trim() || undefined,
    });
  };
  const input = (name: keyof Filter, label: string, placeholder: string) => (
    <TextInput
      aria-label={label}
      placeholder={placeholder}
      w={168}
      value={values[name] ?? ""}
      onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
    />
  );
  const isFiltered = Boolean(search.action || search.actor || search.resource);
  return (
    <form className={layout.filter} onSubmit={handleSubmit}>
      {input("action", "Action", "Action: project.update")}
      {input("actor", "Id of the caller", "Caller: u_01KB…")}
      {input("resource", "Id of what was changed", "Changed: checkout")}
      <Button type="submit">Filter</Button>
      {isFiltered ? (
        <Button
          variant="subtle"
          onClick={() => onChange({ action: undefined, actor: undefined, resource: undefined })}
        >
          Clear
        </Button>
      ) : null}
    </form>
  );
}

function useColumns(isAll: boolean, filterBy: (next: Filter) => void): Column<AuditEntry>[] {
  const [zone] = useZone();
  const pick = (text: string, title: string, next: Filter) => (
    <UnstyledButton title={title} onClick={() => filterBy(next)}>
      {text}
    </UnstyledButton>
  );
  return [
    { name: "No.", cell: (entry) => entry.number, numeric: true, wide: true },
    { name: "Time", cell: (entry) => formatMoment(new Date(entry.at), zone) },
    {
      name: "Who",
      cell: (entry) =>
        pick(entry.actor.name || entry.actor.id, "Only what this caller did", { actor: entry.actor.id }),
    },
    {
      name: "Action",
      cell: (entry) => (
        <span className="mono">{pick(entry.action, "Only this action", { action: entry.action })}</span>
      ),
    },
    {
      name: "What",
      cell: (entry) => (
        <span>
          <span className="muted">{entry.resource.kind} </span>
          {pick(entry.resource.id, "Only changes of this", { resource: entry.resource.id })}
        </span>
      ),
    },
    ...(isAll ? [{ name: "Project", cell: (entry: AuditEntry) => entry.project_id, wide: true }] : []),
    { name: "Fields", cell: (entry) => <span className="soft">{entry.changed.join(", ")}</span>, wide: true },
    { name: "Address", cell: (entry) => <span className="muted">{entry.ip}</span>, wide: true },
  ];
}
