import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ProblemNotice } from "@/components/notice";
import { useRights } from "@/lib/session";
import { formatCount } from "@/lib/time";
import { type AnalysisScope, modelSettingsOptions } from "../analysis-queries";
import threadClasses from "../thread/thread.module.css";
import classes from "./analyze-panel.module.css";
import { modelHost, settingsHref } from "./model-host";

type WhatIsSentProps = {
  project: string;
  scope: AnalysisScope;
  question: string;
  count: number | undefined;
};

/** Says before sending what the model will get, or that there is no model. */
export function WhatIsSent({ project, count }: WhatIsSentProps) {
  const model = useQuery(modelSettingsOptions(project));
  const { administer } = useRights(project);
  if (model.error) return <ProblemNotice error={model.error} onRetry={() => void model.refetch()} />;
  if (!model.data) return null;
  if (model.data.provider === "none") {
    return (
      <section className={threadClasses.block}>
        <header>
          <b>No model is connected</b>
        </header>
        <p className="soft">
          The lines are measured on this server and compared with the time before. Nothing leaves it. A model
          would add an explanation in words.
        </p>
        {administer ? (
          <Button mt={8} component="a" href={settingsHref(project)}>
            Connect a model
          </Button>
        ) : null}
      </section>
    );
  }
  return (
    <section className={threadClasses.block} aria-label="What is sent">
      <header>
        <b>What is sent</b>
      </header>
      <dl className={classes.facts}>
        <dt>Measured</dt>
        <dd>{count === undefined ? "…" : formatCount(count)} lines, on this server</dd>
        <dt>Model</dt>
        <dd>
          {model.data.model} at {modelHost(model.data)}
        </dd>
        <dt>Tokens</dt>
        <dd>at most {formatCount(model.data.evidence_tokens)} of evidence</dd>
        <dt>Redaction</dt>
        <dd>{model.data.redaction}</dd>
      </dl>
    </section>
  );
}
