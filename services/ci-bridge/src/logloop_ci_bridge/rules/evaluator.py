"""Showing what happens to the rules: log batches, completed analyses, ended runs.

It must not send anything; matches go to `firing`.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import structlog
from logloop_contracts.analyses import AnalysisCompleted
from logloop_contracts.log_batch import decode

from logloop_ci_bridge.rules.active_rules import ActiveRule, RuleBook
from logloop_ci_bridge.rules.evaluation import Evaluation, Look, evaluation_of, look_at, part_values
from logloop_ci_bridge.rules.firing import Evaluations, Firing, Match
from logloop_ci_bridge.rules.rule import Origin, origin_gate
from logloop_ci_bridge.runs.run import Run
from logloop_ci_bridge.stores.outages import through_outages
from logloop_ci_bridge.telemetry import RULE_LOOKS, RULE_ROWS_SKIPPED, RULE_SECONDS
from logloop_ci_bridge.work_loops import utc_now

_SEEN_BATCHES = 50_000
_log = structlog.get_logger()


class SeenBatches:
    """Batch ids that were shown to the rules lately, so that a client's retry does not count twice."""

    def __init__(self, kept: int = _SEEN_BATCHES) -> None:
        self._kept = kept
        self._seen: OrderedDict[str, None] = OrderedDict()

    def fresh(self, project_id: str, table: pa.Table) -> pa.Table:
        """The rows of batches that were not seen, which are seen from now on."""
        ids: list[str] = pc.unique(table.column("batch")).to_pylist()
        new = [batch for batch in ids if f"{project_id}/{batch}" not in self._seen]
        for batch in new:
            self._seen[f"{project_id}/{batch}"] = None
        while len(self._seen) > self._kept:
            self._seen.popitem(last=False)
        if len(new) == len(ids):
            return table
        texts = pc.cast(table.column("batch"), pa.utf8())
        return table.filter(pc.is_in(texts, value_set=pa.array(new, pa.utf8())))


class Watching:
    """Live evaluation."""

    def __init__(self, book: RuleBook, firing: Firing, evaluations: Evaluations, *, public_url: str) -> None:
        self._book = book
        self._firing = firing
        self._evaluations = evaluations
        self._public_url = public_url.rstrip("/")
        self._seen = SeenBatches()
        self._one_at_a_time: dict[str, asyncio.Lock] = {}

    async def on_logs(self, project_id: str, body: bytes, stopping: asyncio.Event) -> None:
        """Show a batch to the log rules of its project. Raises BadBatch. Returns after every firing is stored.

        Only the storing is repeated in an outage: the windows have counted the batch by then.
        """
        async with self._one_at_a_time.setdefault(project_id, asyncio.Lock()):
            rules = await through_outages(lambda: self._book.active(project_id, "logs"), stopping)
            if not rules:
                RULE_LOOKS.labels("no_rules").inc()
                return
            now = utc_now()
            with RULE_SECONDS.time():
                looks = await asyncio.to_thread(self._look, project_id, body, rules, now)
            for rule, look in zip(rules, looks, strict=True):
                await self._conclude(rule, look, now, stopping)

    def _look(self, project_id: str, body: bytes, rules: Sequence[ActiveRule], now: datetime) -> list[Look]:
        table = self._seen.fresh(project_id, decode(body))
        return [_look_or_nothing(rule, table, now) for rule in rules]

    async def _conclude(self, rule: ActiveRule, look: Look, now: datetime, stopping: asyncio.Event) -> None:
        rule.looks += 1
        rule.matched += look.matched
        rule.last_look_at = now
        RULE_ROWS_SKIPPED.inc(look.skipped_rows)
        RULE_LOOKS.labels("match" if look.candidate else "near" if look.matched else "none").inc()
        candidate = look.candidate
        if candidate is None:
            self._note(rule, look, now)
            return
        first = candidate.log["log.id"]
        match = Match(
            rule.stored,
            first,
            candidate.log["log.timestamp"],
            {**candidate.log, **candidate.statistics.values()},
            candidate.origin,
            Evaluation(
                at=now,
                outcome="fired",
                subject_id=first,
                matched=look.matched,
                parts=list(candidate.parts),
                stats=candidate.statistics.values(),
            ),
            self._page(rule.stored.project_id, "logs", first),
        )
        rule.quiet_until = await through_outages(lambda: self._firing.fire(match), stopping)

    def _page(self, project_id: str, kind: str, subject_id: object) -> str:
        # No ? and no &: templates take both out of every text, because they mean something to a shell.
        return f"{self._public_url}/projects/{project_id}/{kind}/{subject_id}"

    def _note(self, rule: ActiveRule, look: Look, now: datetime) -> None:
        evaluation = evaluation_of(look, now)
        if evaluation is None and look.matched and rule.quiet_at(now):
            detail = f"quiet until {rule.quiet_until:%Y-%m-%d %H:%M:%SZ}"
            evaluation = Evaluation(at=now, outcome="blocked", gate="cooldown", matched=look.matched, detail=detail)
        if evaluation is not None:
            self._evaluations.note(rule.stored.id, rule.stored.project_id, evaluation)

    async def on_analysis(self, analysis: AnalysisCompleted, stopping: asyncio.Event) -> None:
        """Show a first report to the analysis rules; answers to follow-up questions start nothing."""
        if analysis.turn:
            return
        values = analysis_values(analysis)
        link = self._page(analysis.project_id, "analyses", analysis.analysis_id)
        rules = await through_outages(lambda: self._book.active(analysis.project_id, "analysis"), stopping)
        for rule in rules:
            await self._show(rule, values, analysis.analysis_id, Origin(), link, stopping)

    async def on_run(self, run: Run, stopping: asyncio.Event) -> None:
        """Show an ended run to the run rules."""
        values = run_values(run)
        link = self._page(run.project_id, "runs", run.run_id)
        origin = Origin(run.hop, frozenset(run.rules))
        for rule in await through_outages(lambda: self._book.active(run.project_id, "run"), stopping):
            wanted = rule.stored.filter.pipelines
            if not wanted or run.pipeline_id in wanted:
                await self._show(rule, values, f"{run.run_id}.{run.attempt}", origin, link, stopping)

    async def _show(
        self,
        rule: ActiveRule,
        values: Mapping[str, Any],
        subject_id: str,
        origin: Origin,
        link: str,
        stopping: asyncio.Event,
    ) -> None:
        now = utc_now()
        rule.looks += 1
        rule.last_look_at = now
        parts = part_values(rule.condition, dict(values))
        evaluation = Evaluation(at=now, outcome="no_match", subject_id=subject_id, matched=1, parts=parts)
        if not all(part.holds for part in parts):
            self._evaluations.note(rule.stored.id, rule.stored.project_id, evaluation)
            return
        gate = origin_gate(rule.stored.id, rule.stored, origin)
        if gate is not None:
            blocked = evaluation.model_copy(update={"outcome": "blocked", "gate": gate})
            self._evaluations.note(rule.stored.id, rule.stored.project_id, blocked)
            return
        # The moment is left out of the key: a redelivery of the same fact must give the same one.
        epoch = datetime.fromtimestamp(0, tz=now.tzinfo)
        match = Match(rule.stored, subject_id, epoch, values, origin, evaluation, link)
        await through_outages(lambda: self._firing.fire(match), stopping)


def _look_or_nothing(rule: ActiveRule, table: pa.Table, now: datetime) -> Look:
    """Show a batch to one rule."""
    try:
        return look_at(rule.compiled, table, now=now, quiet=rule.quiet_at(now))
    except Exception:  # noqa: BLE001  # logs are attackers' text: one rule's error must not blind the others
        _log.exception("a rule cannot look at a batch", rule_id=rule.stored.id, project_id=rule.stored.project_id)
        RULE_LOOKS.labels("error").inc()
        return Look()


def analysis_values(analysis: AnalysisCompleted) -> dict[str, Any]:
    """What conditions see of an analysis."""
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


def run_values(run: Run) -> dict[str, Any]:
    """What conditions see of a run. `hop` is -1 for a run that no dispatch of ours started."""
    return {
        "run.id": run.run_id,
        "run.repository": run.repository,
        "run.workflow": run.workflow or "",
        "run.name": run.name or "",
        "run.conclusion": run.conclusion or "",
        "run.attempt": run.attempt,
        "run.hop": -1 if run.hop is None else run.hop,
        "run.log_count": run.log_count,
        "run.failed_jobs": run.failed_jobs,
        "run.failed_tests": run.failed_tests,
        "run.pipeline": run.pipeline_id or "",
        "run.rule": run.rule_id or "",
    }
