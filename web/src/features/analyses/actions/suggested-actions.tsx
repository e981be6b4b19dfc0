import { Button } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useRights } from "@/lib/session";
import type { Analysis, Finding } from "../analysis-queries";
import classes from "../thread/thread.module.css";
import { ruleFormHref } from "./rule-link";
import { StartWorkflow } from "./start-workflow";

/** What a report suggests to do. Each of them opens a form or a question; nothing starts by itself. */
export function SuggestedActions({ analysis }: { analysis: Analysis }) {
  const { edit } = useRights(analysis.project_id);
  const router = useRouter();
  const [asksWorkflow, setAsksWorkflow] = useState(false);
  const findings = analysis.report?.findings ?? [];
  const index = findings.findIndex((finding) => isRuleMaterial(finding));
  const finding = findings[index];
  if (!edit || !analysis.report || !finding) return null;
  const openRule = () =>
    router.history.push(ruleFormHref(analysis.project_id, analysis.id, analysis.scope, finding, index + 1));
  return (
    <div className={classes.suggestions}>
      <Button onClick={openRule}>Create rule from {index + 1}…</Button>
      <Button onClick={() => setAsksWorkflow(true)}>Start workflow…</Button>
      <span className="muted small">both ask first</span>
      {asksWorkflow ? (
        <StartWorkflow analysis={analysis} finding={finding} onClose={() => setAsksWorkflow(false)} />
      ) : null}
    </div>
  );
}

function isRuleMaterial(finding: Finding): boolean {
  return (
    finding.kind !== "vanished_pattern" && finding.kind !== "suspicious_text" && Boolean(finding.service_id)
  );
}
