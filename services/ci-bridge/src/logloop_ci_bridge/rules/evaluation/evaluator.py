"""Evaluates the rules of a project on log batches, completed analyses and completed runs."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import structlog
from cachetools import FIFOCache
from logloop_chassis.database.outages import wait_out_outages
from logloop_chassis.ids import utc_now
from logloop_contracts.analyses import AnalysisCompleted
from logloop_contracts.conditions.names import OUTPUT_NAMES, Subject
from logloop_contracts.log_batch import decode

from logloop_ci_bridge.actions.request import ActionRequest
from logloop_ci_bridge.rules.evaluation.active_rules import ActiveRule, ActiveRules
from logloop_ci_bridge.rules.evaluation.evaluation import (
    BatchEvaluation,
    Candidate,
    Evaluation,
    clause_values,
    evaluate_batch,
    near_miss,
)
from logloop_ci_bridge.rules.evaluation.evaluation_buffer import EvaluationBuffer
from logloop_ci_bridge.rules.evaluation.named_patterns import with_first_patterns
from logloop_ci_bridge.rules.evaluation.run_values import output_values, run_values
from logloop_ci_bridge.rules.firing.firing import RuleFirer
from logloop_ci_bridge.rules.firing.rule_match import RuleMatch
from logloop_ci_bridge.rules.rule import Origin, origin_gate
from logloop_ci_bridge.runs.output import RunOutput
from logloop_ci_bridge.runs.run import Run
from logloop_ci_bridge.telemetry import RULE_BATCHES, RULE_ROWS_SKIPPED, RULE_SECONDS

_SEEN_BATCHES = 50_000
_SHOW_ERRORS_EVERY = timedelta(minutes=1)
_log = structlog.get_logger()


class SeenBatches:
    """Ids of recently evaluated batches, so that a client's retry is not counted twice."""

    def __init__(self, kept: int = _SEEN_BATCHES) -> None:
        self._seen: FIFOCache[str, bool] = FIFOCache(kept)
        self._lock = threading.Lock()

    def fresh(self, project_id: str, table: pa.Table) -> pa.Table:
        """Return the rows of batches that are new, and mark them as seen. Safe to call from several threads."""
        ids: list[str] = pc.unique(table.column("batch")).to_pylist()
        with self._lock:
            new = [batch for batch in ids if f"{project_id}/{batch}" not in self._seen]
            for batch in new:
                self._seen[f"{project_id}/{batch}"] = True
        if len(new) == len(ids):
            return table
        texts = pc.cast(table.column("batch"), pa.utf8())
        return table.filter(pc.is_in(texts, value_set=pa.array(new, pa.utf8())))


RequestOf = Callable[[str, str], Awaitable[ActionRequest | None]]
"""Returns the request of a rule, in a project, that started an analysis."""
OutputOf = Callable[[Run], Awaitable[RunOutput | None]]
"""Returns the output of a run, None when it is not stored."""


class RuleEvaluator:
    """Evaluates rules live, and passes matches to the firer."""

    def __init__(
        self,
        active: ActiveRules,
        firer: RuleFirer,
        evaluations: EvaluationBuffer,
        request_of: RequestOf,
        output_of: OutputOf,
        *,
        public_url: str,
    ) -> None:
        self._active = active
        self._firer = firer
        self._evaluations = evaluations
        self._request_of = request_of
        self._output_of = output_of
        self._public_url = public_url.rstrip("/")
        self._seen = SeenBatches()
        self._working: set[asyncio.Task[None]] = set()
        self._project_locks: dict[str, asyncio.Lock] = {}

    async def on_logs(self, project_id: str, body: bytes, stopping: asyncio.Event) -> None:
        """Evaluate the log rules of a project on an encoded batch, and return when every match is stored.

        During an outage only the storing is repeated: the windows have already counted the batch. A lost connection
        to the broker cancels this call, but not the work: a redelivered batch is known and would store nothing. The
        redelivery waits until the work is done. Raises BadBatch.
        """
        work = asyncio.create_task(self._on_logs(project_id, body, stopping))
        self._working.add(work)
        work.add_done_callback(self._working.discard)
        await asyncio.shield(work)

    async def _on_logs(self, project_id: str, body: bytes, stopping: asyncio.Event) -> None:
        async with self._project_locks.setdefault(project_id, asyncio.Lock()):
            rules = await self._rules_on("logs", project_id, stopping)
            if not rules:
                RULE_BATCHES.labels("no_rules").inc()
                return
            now = utc_now()
            with RULE_SECONDS.time():
                results = await asyncio.to_thread(self._evaluate, project_id, body, rules, now)
            for rule, result in zip(rules, results, strict=True):
                await self._conclude(rule, result, now, stopping)

    async def _rules_on(self, on: Subject, project_id: str, stopping: asyncio.Event) -> Sequence[ActiveRule]:
        return await wait_out_outages(lambda: self._active.get(project_id, on), "read rules", stopping=stopping)

    async def _fire(self, match: RuleMatch, stopping: asyncio.Event) -> datetime | None:
        return await wait_out_outages(lambda: self._firer.fire(match), "fire a rule", stopping=stopping)

    def _evaluate(
        self, project_id: str, body: bytes, rules: Sequence[ActiveRule], now: datetime
    ) -> list[BatchEvaluation]:
        table = self._seen.fresh(project_id, decode(body))
        if any(rule.compiled.patterns for rule in rules):
            table = with_first_patterns(table)
        return [_evaluate_rule(rule, table, now) for rule in rules]

    async def _conclude(
        self, rule: ActiveRule, result: BatchEvaluation, now: datetime, stopping: asyncio.Event
    ) -> None:
        rule.evaluated += 1
        rule.matched += result.matched
        rule.last_evaluated_at = now
        RULE_ROWS_SKIPPED.inc(result.skipped_rows)
        RULE_BATCHES.labels("match" if result.candidate else "near" if result.matched else "none").inc()
        if result.candidate is None:
            self._keep_near_miss(rule, result, now)
            return
        rule.quiet_until = await self._fire(self._match(rule, result.candidate, result.matched, now), stopping)

    def _match(self, rule: ActiveRule, candidate: Candidate, matched: int, now: datetime) -> RuleMatch:
        first = candidate.log["log.id"]
        statistics = candidate.statistics.values()
        return RuleMatch(
            rule.stored,
            first,
            candidate.log["log.timestamp"],
            {**candidate.log, **statistics},
            candidate.origin,
            Evaluation(
                at=now,
                outcome="fired",
                subject_id=first,
                matched=matched,
                parts=list(candidate.clauses),
                stats=statistics,
                correlation_id=candidate.origin.correlation_id,
            ),
            self._link(rule.stored.project_id, "logs", first),
            candidate.lines,
        )

    def _link(self, project_id: str, kind: str, subject_id: object) -> str:
        # No ? and no &: templates replace both in every text, because they have a meaning in shells.
        return f"{self._public_url}/projects/{project_id}/{kind}/{subject_id}"

    def _keep_near_miss(self, rule: ActiveRule, result: BatchEvaluation, now: datetime) -> None:
        evaluation = near_miss(result, now)
        if evaluation is None and result.matched and rule.quiet_at(now):
            detail = f"quiet until {rule.quiet_until:%Y-%m-%d %H:%M:%SZ}"
            evaluation = Evaluation(at=now, outcome="blocked", gate="cooldown", matched=result.matched, detail=detail)
        if result.failed is not None and not result.matched and result.gate is None:
            # Every batch may have such a log, and one is enough to see what is wrong.
            if rule.error_shown_at is not None and now - rule.error_shown_at < _SHOW_ERRORS_EVERY:
                return
            rule.error_shown_at = now
        if evaluation is not None:
            self._evaluations.add(rule.stored.id, rule.stored.project_id, evaluation)

    async def on_analysis(self, analysis: AnalysisCompleted, stopping: asyncio.Event) -> None:
        """Evaluate the analysis rules on a first report; answers to follow-up questions start nothing."""
        if analysis.turn:
            return
        rules = await self._rules_on("analysis", analysis.project_id, stopping)
        if not rules:
            return
        request = await wait_out_outages(
            lambda: self._request_of(analysis.project_id, analysis.analysis_id), "read the request", stopping=stopping
        )
        values = analysis_values(analysis) | {"analysis.rule": request.rule_id if request else ""}
        origin = Origin(request.hop, frozenset(request.rules), request.correlation_id) if request else Origin()
        link = self._link(analysis.project_id, "analyses", analysis.analysis_id)
        for rule in rules:
            await self._evaluate_subject(rule, values, analysis.analysis_id, origin, link, stopping)

    async def on_run(self, run: Run, stopping: asyncio.Event) -> None:
        """Evaluate the run rules on a completed run. Its output is read only when a rule needs it."""
        rules = [
            rule
            for rule in await self._rules_on("run", run.project_id, stopping)
            if not rule.stored.filter.pipelines or run.pipeline_id in rule.stored.filter.pipelines
        ]
        values = run_values(run)
        if any(rule.condition.names & OUTPUT_NAMES for rule in rules):
            output = await wait_out_outages(lambda: self._output_of(run), "read the output", stopping=stopping)
            values |= await asyncio.to_thread(output_values, output or RunOutput())
        link = self._link(run.project_id, "runs", run.run_id)
        origin = Origin(run.hop, frozenset(run.rules), run.correlation_id)
        for rule in rules:
            await self._evaluate_subject(rule, values, f"{run.run_id}.{run.attempt}", origin, link, stopping)

    async def _evaluate_subject(
        self,
        rule: ActiveRule,
        values: Mapping[str, Any],
        subject_id: str,
        origin: Origin,
        link: str,
        stopping: asyncio.Event,
    ) -> None:
        now = utc_now()
        rule.evaluated += 1
        rule.last_evaluated_at = now
        # The output of a run may have thousands of lines.
        clauses = await asyncio.to_thread(clause_values, rule.condition, dict(values))
        evaluation = Evaluation(
            at=now,
            outcome="no_match",
            subject_id=subject_id,
            matched=1,
            parts=clauses,
            correlation_id=origin.correlation_id,
        )
        if not all(clause.holds for clause in clauses):
            self._evaluations.add(rule.stored.id, rule.stored.project_id, evaluation)
            return
        gate = origin_gate(rule.stored.id, rule.stored, origin)
        if gate is not None:
            blocked = evaluation.model_copy(update={"outcome": "blocked", "gate": gate})
            self._evaluations.add(rule.stored.id, rule.stored.project_id, blocked)
            return
        # The dedupe key contains no time: a redelivery of the same event must give the same key.
        epoch = datetime.fromtimestamp(0, tz=now.tzinfo)
        await self._fire(RuleMatch(rule.stored, subject_id, epoch, values, origin, evaluation, link), stopping)


def _evaluate_rule(rule: ActiveRule, table: pa.Table, now: datetime) -> BatchEvaluation:
    """Evaluate one rule on a batch; an error counts as no match."""
    try:
        return evaluate_batch(rule.compiled, table, now=now, quiet=rule.quiet_at(now))
    except Exception as error:  # noqa: BLE001  # logs are untrusted: an error in one rule must not stop the others
        _log.exception("rule evaluation failed", rule_id=rule.stored.id, project_id=rule.stored.project_id)
        RULE_BATCHES.labels("error").inc()
        return BatchEvaluation(failure=f"the rule could not be evaluated ({type(error).__name__})")


def analysis_values(analysis: AnalysisCompleted) -> dict[str, Any]:
    """Return the values of an analysis that conditions may read."""
    report = analysis.report
    return {
        "analysis.id": analysis.analysis_id,
        "analysis.verdict": report.verdict,
        "analysis.mode": report.mode,
        "analysis.summary": report.summary,
        "analysis.findings": len(report.findings),
        "analysis.kinds": sorted({finding.kind for finding in report.findings}),
        "analysis.services": sorted({finding.service_id for finding in report.findings if finding.service_id}),
        "analysis.top_score": max((finding.score for finding in report.findings), default=0.0),
        "analysis.logs_read": report.logs_read,
        "analysis.claims": len(report.claims),
    }
