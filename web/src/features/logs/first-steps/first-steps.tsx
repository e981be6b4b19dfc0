import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { CopyButton } from "@/components/copy-button";
import { LoopStrip } from "@/components/loop-strip";
import { ProblemNotice } from "@/components/page/notice";
import { PageFooter } from "@/components/page/page-footer";
import { SkeletonRows } from "@/components/page/skeleton";
import { content, query } from "@/lib/api/client";
import { useRights, useSession } from "@/lib/api/session";
import classes from "./first-steps.module.css";
import { SNIPPETS, type SnippetName } from "./snippets";

/** How to send the first line, with a key made on the spot. It turns into the log list when a line arrives. */
export function FirstSteps({ project }: { project: string }) {
  const session = useSession();
  const rights = useRights(project);
  const [chosen, setChosen] = useState<SnippetName>("Python");
  const [service, setService] = useState("hello");
  const needsKey = session?.kind === "user";
  const create = useMutation({
    mutationFn: async () =>
      content(
        await query.POST("/api/v1/api-keys", {
          body: {
            name: `first steps of ${session?.name ?? "a user"}`,
            project_id: project,
            scopes: ["ingest"],
          },
        }),
      ),
  });
  const key = needsKey ? create.data?.key : "";
  const snippet = SNIPPETS[chosen]({ origin: location.origin, project, service, key: key ?? "llk_…" });
  return (
    <>
      <div className={classes.page}>
        <div className={classes.column}>
          <h1>Send the first line to {project}</h1>
          <p className="soft">
            Pick one, paste, run. This page turns into your log list when the line arrives.
          </p>
          <LoopStrip
            steps={[
              { kind: "log", name: "Log", note: "waiting for the first line", state: "now" },
              { kind: "explanation", name: "Explanation", note: "A in the log list", state: "next" },
              { kind: "workflow", name: "Workflow", note: "a rule starts it", state: "next" },
              { kind: "log", name: "Log", note: "its output comes back", state: "next" },
            ]}
          />
          {needsKey && !key ? (
            <div className={classes.keyRow}>
              {rights.administer ? (
                <Button variant="filled" loading={create.isPending} onClick={() => create.mutate()}>
                  Create a key for these snippets
                </Button>
              ) : (
                <p>
                  Sending needs an API key. Ask an administrator of {project} for one with the scope{" "}
                  <code>ingest</code>.
                </p>
              )}
              {create.error ? <ProblemNotice error={create.error} /> : null}
            </div>
          ) : null}
          <div className={classes.tabs} role="tablist" aria-label="How to send">
            {(Object.keys(SNIPPETS) as SnippetName[]).map((name) => (
              <button
                key={name}
                type="button"
                role="tab"
                aria-selected={name === chosen}
                onClick={() => setChosen(name)}
              >
                {name}
              </button>
            ))}
            <span className="grow" />
            <TextInput
              size="xs"
              aria-label="Service name"
              placeholder="service name"
              value={service}
              onChange={(event) => setService(event.currentTarget.value.trim() || "hello")}
            />
          </div>
          <div className={classes.snippet} role="tabpanel" aria-label={chosen}>
            <pre>{snippet}</pre>
            <CopyButton text={snippet} label="Copy" />
          </div>
          <p className="soft">
            Loki, Fluent Bit, Filebeat, Splunk, Datadog, Seq, Sentry, GELF and syslog clients change one
            address and the key: <code>docs/clients.md</code> has the paths.
          </p>
          {key ? (
            <p className="muted">
              The key may only send. It is shown once: this page forgets it when you leave.
            </p>
          ) : null}
          <Listening project={project} />
          <p className="soft">
            No code at hand? <code>.venv/bin/logloop demo</code> sends the logs of a shop that breaks,
            explains them and fires a rule.
          </p>
        </div>
      </div>
      <PageFooter keys={[["Ctrl K", "go to or run"]]}>
        <span>
          project <b>{project}</b>, empty
        </span>
      </PageFooter>
    </>
  );
}

function Listening({ project }: { project: string }) {
  const health = useQuery({
    queryKey: ["logs", "listening", project],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: project, limit: 1 } };
      return content(await query.GET("/api/v1/logs", { params, signal })).items.length;
    },
    refetchInterval: 1500,
  });
  return (
    <section className={classes.listening} aria-label="Arriving lines">
      <header className="row">
        <span className="acc">○</span>
        <strong>Listening on {project}</strong>
        <span className="muted">no line yet</span>
      </header>
      {health.error ? (
        <ProblemNotice error={health.error} />
      ) : (
        <SkeletonRows rows={4} label="Waiting for the first line" />
      )}
      <p className="muted small">
        It does not arrive? A wrong key gets 401, an unknown project 404, an invalid entry 422 with its
        reason. A 202 means that the line is stored.
      </p>
    </section>
  );
}
