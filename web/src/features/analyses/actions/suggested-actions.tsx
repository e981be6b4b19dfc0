import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useRights } from "@/lib/api/session";
import type { Analysis } from "../analysis-queries";
import classes from "../thread/thread.module.css";
import { ruleFinding, rulePrefill } from "./rule-prefill";

const StartWorkflow = lazy(async () => ({ default: (await import("./start-workflow")).StartWorkflow }));

/** What a report suggests to do. Each of them opens a form or a question; nothing starts by itself. */
export function SuggestedActions({ analysis }: { analysis: Analysis }) {
  const { edit } = useRights(analysis.project_id);
  const [asksWorkflow, setAsksWorkflow] = useState(false);
  const suggested = ruleFinding(analysis);
  if (!edit || !suggested) return null;
  const { finding, number } = suggested;
  return (
    <div className={classes.suggestions}>
      <Button
        renderRoot={(root) => (
          <Link
            to="/projects/$project/ci/rules/new"
            params={{ project: analysis.project_id }}
            search={rulePrefill(analysis, finding)}
            {...root}
          />
        )}
      >
        Create rule from {number}…
      </Button>
      <Button onClick={() => setAsksWorkflow(true)}>Start workflow…</Button>
      <span className="muted small">both ask first</span>
      {asksWorkflow ? (
        <Suspense fallback={null}>
          <StartWorkflow analysis={analysis} finding={finding} onClose={() => setAsksWorkflow(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}
