import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { CopyButton } from "@/components/copy-button";
import { NotAllowed } from "@/components/page/not-allowed";
import { Notice } from "@/components/page/notice";
import layout from "@/components/page/page.module.css";
import { PageFooter } from "@/components/page/page-footer";
import { Confirm } from "@/components/records/confirm";
import { type Column, ResourceTable } from "@/components/records/resource-table";
import { useApiRequests } from "@/lib/api/api-requests";
import { useRights } from "@/lib/api/session";
import { usePageTitle } from "@/lib/page/page-title";
import { counted } from "@/lib/text/counted";
import { formatCount, formatMoment, useZone } from "@/lib/time/time";
import {
  type DeadLetter,
  deadLettersOptions,
  deleteLetter,
  letterKey,
  retryLetter,
  SERVICES,
} from "./dead-letter-queries";
import classes from "./dead-letters.module.css";

/** Messages that no service could handle. They wait until somebody retries or deletes them. */
export function DeadLettersPage() {
  const { project } = useParams({ from: "/signed-in/projects/$project/settings/dead-letters" });
  const rights = useRights(project);
  usePageTitle("Dead letters");
  if (rights.installation) return <DeadLetters />;
  return <NotAllowed>Administrators of the installation see its dead letters.</NotAllowed>;
}

function DeadLetters() {
  const queryClient = useQueryClient();
  const pages = useInfiniteQuery(deadLettersOptions());
  const [open, setOpen] = useState<string>();
  const [asked, setAsked] = useState<{ kind: "retry" | "delete"; letter: DeadLetter } | null>(null);
  const [retried, setRetried] = useState<string>();
  useApiRequests(
    SERVICES.map((service) => ({
      name: `Dead letters of ${service}`,
      method: "GET" as const,
      path: `/api/v1/${service === "ci-bridge" ? "ci" : service}/dead-letters`,
      operation: "dead_letter_list",
    })),
  );
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["dead-letters"] });
  const retry = useMutation({
    mutationFn: retryLetter,
    onSuccess: async (_, letter) => {
      setAsked(null);
      setRetried(letter.id);
      await refresh();
    },
  });
  const remove = useMutation({
    mutationFn: deleteLetter,
    onSuccess: async () => {
      setAsked(null);
      await refresh();
    },
  });
  const page = pages.data?.pages[0];
  const letter = page?.items.find((item) => letterKey(item) === open);
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Dead letters</h1>
        <span className="muted">
          Messages that a service could not handle. They stay until they are retried or deleted.
        </span>
      </div>
      {page?.failures.map(({ service, message }) => (
        <Notice key={service} tone="warn">
          The dead letters of {service} are unknown: {message}
        </Notice>
      ))}
      {retried ? (
        <Notice tone="info" action={<Button onClick={() => setRetried(undefined)}>Close</Button>}>
          Message {retried} is back on its queue. It returns here if it fails again.
        </Notice>
      ) : null}
      <ResourceTable
        label="dead letters"
        pages={pages}
        columns={useColumns()}
        keyOf={letterKey}
        nameOf={(item) => item.id}
        openKey={open}
        onOpen={(key) => setOpen(key === open ? undefined : key)}
        actions={(item) => [
          { name: "Retry…", run: () => setAsked({ kind: "retry", letter: item }) },
          { name: "Delete…", run: () => setAsked({ kind: "delete", letter: item }) },
        ]}
        empty={
          page?.failures.length ? (
            <p>There are none of the services that respond.</p>
          ) : (
            <p>
              <span className="ok">✓</span> Every message was handled.
            </p>
          )
        }
      />
      {letter ? (
        <section className={classes.details} aria-label="The open dead letter">
          <div className="row">
            <strong className="grow">
              {letter.reason}: {letter.detail}
            </strong>
            <CopyButton text={letter.body} label="Copy body" />
            <Button onClick={() => setAsked({ kind: "retry", letter })}>Retry…</Button>
            <Button onClick={() => setAsked({ kind: "delete", letter })}>Delete…</Button>
          </div>
          <p className="muted">
            {letter.exchange} / {letter.routing_key}, {formatCount(letter.size)} bytes
            {letter.code_version ? `, code ${letter.code_version}` : ""}
          </p>
          <pre>{letter.body}</pre>
        </section>
      ) : null}
      <Confirm
        opened={asked?.kind === "retry"}
        title="Retry this message?"
        action="Retry message"
        busy={retry.isPending}
        error={retry.error}
        onClose={() => setAsked(null)}
        onConfirm={() => asked && retry.mutate(asked.letter)}
      >
        {asked?.letter.service} handles it again as a first attempt: {asked?.letter.queue}, {asked?.letter.id}
        .
      </Confirm>
      <Confirm
        opened={asked?.kind === "delete"}
        title="Delete this message?"
        action="Delete message"
        busy={remove.isPending}
        error={remove.error}
        onClose={() => setAsked(null)}
        onConfirm={() => asked && remove.mutate(asked.letter)}
      >
        What it holds is lost, and it cannot be brought back: {asked?.letter.queue}, {asked?.letter.id}.
      </Confirm>
      <PageFooter>
        <span>
          <b>{counted(page?.total ?? 0, "dead letter")}</b>
        </span>
      </PageFooter>
    </div>
  );
}

function useColumns(): Column<DeadLetter>[] {
  const [zone] = useZone();
  return [
    {
      name: "Failed",
      cell: ({ failed_at: at }) =>
        at ? formatMoment(new Date(at), zone) : <span className="muted">unknown</span>,
    },
    { name: "Service", cell: (letter) => letter.service },
    { name: "Queue", cell: (letter) => <span className="mono">{letter.queue}</span>, wide: true },
    { name: "Reason", cell: (letter) => <span className="bad">✕ {letter.reason}</span> },
    { name: "Detail", cell: (letter) => <span className="soft">{letter.detail}</span>, wide: true },
    { name: "Attempts", cell: (letter) => letter.attempts, numeric: true, wide: true },
  ];
}
