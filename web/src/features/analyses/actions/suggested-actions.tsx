import { Button } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useRights } from "@/lib/session";
import type { Analysis } from "../analysis-queries";
import classes from "../thread/thread.module.css";
import { ruleFormHref } from "./rule-link";
import { StartWorkflow } from "./start-workflow";
import { ruleFinding } from "./suggested-finding";

/** What a report suggests to do. Each of them opens a form or a question; nothing starts by itself. */
export function SuggestedActions({ analysis }: { analysis: Analysis }) {
  const { edit } = useRights(analysis.project_id);
  const router = useRouter();
  const [asksWorkflow, setAsksWorkflow] = useState(false);
  const suggested = ruleFinding(analysis);
  if (!edit || !suggested) return null;
  const { finding, number } = suggested;
  const openRule = () =>
    router.history.push(ruleFormHref(analysis.project_id, analysis.id, analysis.scope, finding, number));
  return (
    <div className={classes.suggestions}>
      <Button onClick={openRule}>Create rule from {number}…</Button>
      <Button onClick={() => setAsksWorkflow(true)}>Start workflow…</Button>
      <span className="muted small">both ask first</span>
      {asksWorkflow ? (
        <StartWorkflow analysis={analysis} finding={finding} onClose={() => setAsksWorkflow(false)} />
      ) : null}
    </div>
  );
}
