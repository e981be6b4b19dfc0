import { Button, UnstyledButton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { asProblem } from "@/lib/api/problem";
import { formatCount } from "@/lib/time/time";
import {
  type AnalysisPreview,
  type AnalysisScope,
  modelSettingsOptions,
  previewOptions,
} from "../analysis-queries";
import threadClasses from "../thread/thread.module.css";
import classes from "./analyze-panel.module.css";
import { ConnectModel } from "./connect-model";
import { modelHost } from "./model-host";

/** Larger scopes are previewed only when asked, because a preview reads them as an analysis does. */
const MAX_AUTOMATIC = 50_000;
const TYPING_MS = 1000;

type WhatIsSentProps = {
  project: string;
  scope: AnalysisScope;
  question: string;
  count: number | undefined;
};

/** Says before sending what the model will get, or that there is no model. */
export function WhatIsSent({ project, scope, question, count }: WhatIsSentProps) {
  const model = useQuery(modelSettingsOptions(project));
  const [wanted, setWanted] = useState(false);
  const [asked] = useDebouncedValue(question.trim(), TYPING_MS);
  const hasModel = model.data !== undefined && model.data.provider !== "none";
  const isSmall = count !== undefined && count > 0 && count <= MAX_AUTOMATIC;
  const preview = useQuery({
    ...previewOptions(project, scope, asked),
    enabled: hasModel && (isSmall || wanted),
  });
  if (model.error) return <ProblemNotice error={model.error} onRetry={() => void model.refetch()} />;
  if (!model.data) return null;
  if (!hasModel) return <NoModel project={project} />;
  const host = preview.data?.model?.host ?? modelHost(model.data);
  return (
    <section className={threadClasses.block} aria-label="What is sent">
      <header>
        <b>What is sent</b>
        <span>{preview.isFetching ? "counting…" : ""}</span>
      </header>
      <dl className={classes.facts}>
        <dt>Measured</dt>
        <dd>
          {count === undefined ? "…" : formatCount(count)} lines, on this server
          {preview.data ? `, against ${formatCount(preview.data.baseline_logs)} before` : ""}
        </dd>
        <dt>Model</dt>
        <dd>
          {model.data.model} at <b>{host}</b>
        </dd>
        {preview.data ? (
          <PreviewFacts preview={preview.data} />
        ) : (
          <>
            <dt>Tokens</dt>
            <dd>at most {formatCount(model.data.evidence_tokens)} of evidence</dd>
          </>
        )}
        <dt>Redaction</dt>
        <dd>{model.data.redaction}</dd>
      </dl>
      {preview.error ? (
        <p className="caution small">There is no exact count: {asProblem(preview.error).message}</p>
      ) : null}
      {count !== undefined && count > MAX_AUTOMATIC && !wanted ? (
        <Button mt={8} onClick={() => setWanted(true)}>
          Count the tokens
        </Button>
      ) : null}
      {preview.data?.model ? <Prompt messages={preview.data.model.prompt} /> : null}
    </section>
  );
}

function PreviewFacts({ preview }: { preview: AnalysisPreview }) {
  const { model } = preview;
  if (!model) {
    return (
      <>
        <dt>Sent</dt>
        <dd>nothing: {preview.reason}</dd>
      </>
    );
  }
  const masked = Object.entries(model.masked);
  return (
    <>
      <dt>Sent</dt>
      <dd>
        {preview.findings} findings and {model.lines} lines, about <b>{formatCount(model.tokens)} tokens</b>
      </dd>
      {model.price === null ? null : (
        <>
          <dt>Price</dt>
          <dd>at most {formatPrice(model.price)}, with the prices in the settings</dd>
        </>
      )}
      <dt>Masked</dt>
      <dd>
        {masked.length === 0
          ? "no value"
          : masked.map(([kind, number]) => `${number} ${kind.toLowerCase()}`).join(", ")}
      </dd>
      {preview.left_out ? (
        <>
          <dt>Left out</dt>
          <dd className="caution">{preview.left_out}</dd>
        </>
      ) : null}
    </>
  );
}

/** A price with two significant digits: a prompt often costs less than a cent. */
function formatPrice(price: number): string {
  return price.toLocaleString("en", { maximumSignificantDigits: 2, maximumFractionDigits: 6 });
}

/** The prompt, word for word, with the masked values. */
function Prompt({ messages }: { messages: readonly { role: string; text: string }[] }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <UnstyledButton
        mt={8}
        className={threadClasses.fold}
        aria-expanded={opened}
        onClick={() => setOpened(!opened)}
      >
        {opened ? <IconChevronDown size={12} aria-hidden /> : <IconChevronRight size={12} aria-hidden />}
        Read the prompt
      </UnstyledButton>
      {opened ? (
        <section
          className={classes.prompt}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by key.
          tabIndex={0}
          aria-label="Prompt"
        >
          {messages.map(({ role, text }) => (
            <p key={role}>
              <b>{role}</b>
              {"\n"}
              {text}
            </p>
          ))}
        </section>
      ) : null}
    </>
  );
}

function NoModel({ project }: { project: string }) {
  return (
    <section className={threadClasses.block}>
      <header>
        <b>No model is connected</b>
      </header>
      <p className="soft">
        The lines are measured on this server and compared with the time before. Nothing leaves it. A model
        would add an explanation in words.
      </p>
      <ConnectModel project={project} />
    </section>
  );
}
