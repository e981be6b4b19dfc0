import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LoopShape } from "@/components/loop-strip";
import { ProblemNotice } from "@/components/page/notice";
import { itemsOf } from "@/lib/api/paged";
import { formatAge, formatMoment, useZone } from "@/lib/time/time";
import { type ChainStep, type ChainSummary, chainPagesOptions } from "./chain-queries";
import classes from "./chains.module.css";

const SHAPES: Partial<Record<ChainStep["kind"], "log" | "explanation" | "workflow">> = {
  cause: "log",
  rule: "explanation",
  run: "workflow",
  output: "log",
};
const STATES = { done: "done", failed: "done", active: "now", none: "next" } as const;
const WORDS: Record<ChainSummary["state"], string> = {
  active: "under way",
  succeeded: "done",
  failed: "failed",
  recorded: "recorded only",
};

/** What began a chain, in a few words. */
export function chainName(chain: ChainSummary): string {
  return chain.rule_name ?? (chain.cause.by ? `Started by ${chain.cause.by}` : "Started by hand");
}

/** The chains of a project, newest first. */
export function ChainList({ project, selected }: { project: string; selected: string | undefined }) {
  const [zone] = useZone();
  const pages = useInfiniteQuery(chainPagesOptions(project));
  return (
    <nav className={classes.side} aria-label="Chains">
      <div className={classes.title}>
        <strong>Chains</strong>
        <span className="muted">newest first</span>
      </div>
      {pages.error ? <ProblemNotice error={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {itemsOf(pages).map((chain) => (
        <Link
          key={chain.id}
          className={classes.item}
          to="/projects/$project/ci/chains/$chain"
          params={{ project, chain: chain.id }}
          aria-current={chain.id === selected ? "page" : undefined}
        >
          <span className="row">
            <strong className="clip">{chainName(chain)}</strong>
            <span className="grow" />
            <span className="muted small" title={formatMoment(new Date(chain.started_at), zone)}>
              {formatAge(new Date(chain.started_at))}
            </span>
          </span>
          <MiniLoop chain={chain} />
        </Link>
      ))}
      {pages.hasNextPage ? (
        <Button
          variant="subtle"
          loading={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          Show more
        </Button>
      ) : null}
    </nav>
  );
}

/** The first round of a chain as shapes, and what became of it. */
function MiniLoop({ chain }: { chain: ChainSummary }) {
  const first = chain.steps.filter(({ hop }) => !hop);
  const isRefused = first.some(({ kind, state }) => kind === "dispatch" && state === "failed");
  const steps = first
    .filter(({ kind }) => SHAPES[kind])
    .map((step) => (step.kind === "run" && isRefused ? { ...step, state: "failed" as const } : step));
  const note =
    chain.state === "failed"
      ? chain.steps.find(({ state }) => state === "failed")?.text
      : chain.steps.findLast(({ kind, state }) => kind === "run" && state !== "none")?.text;
  return (
    <span className={classes.mini}>
      {steps.map((step, index) => (
        <span key={step.kind} style={{ display: "contents" }}>
          {index > 0 ? <i data-next={step.state === "none" || undefined} /> : null}
          <span className={step.state === "failed" ? classes.failedShape : undefined}>
            <LoopShape kind={SHAPES[step.kind] ?? "log"} state={STATES[step.state]} />
          </span>
        </span>
      ))}
      <span className="clip">
        {chain.dispatches > 1 ? `${chain.dispatches} workflows · ` : ""}
        {note ?? WORDS[chain.state]}
      </span>
    </span>
  );
}
