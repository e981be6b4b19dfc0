"""One analysis from request to outcome: read, measure, ask, verify, report.

It must not know brokers, HTTP or LangChain. It always ends, within its deadline, with an outcome to show.
"""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import structlog
from logloop_contracts.analyses import AnalysisCompleted, AnalysisFailed, AnalysisRequested, FailureReason, Report

from logloop_analyzer.analysis.follow_up import extended, measured_answer, model_answer, thread_about
from logloop_analyzer.analysis.model_explainer import Answered, Asked, Asker
from logloop_analyzer.analysis.progress import Narrator
from logloop_analyzer.analysis.report import (
    NO_PROVIDER,
    Reading,
    deterministic_report,
    model_report,
    shown_finding,
    without_support,
)
from logloop_analyzer.errors import AnalysisError, Ended
from logloop_analyzer.evidence import Evidence, measure
from logloop_analyzer.model.evidence_pack import safe_text
from logloop_analyzer.model.provider import ProviderFailed, ProviderSettings
from logloop_analyzer.query_api.interface import AnalysisState, LogSource, ReadLogs, Selection, described
from logloop_analyzer.telemetry import ANALYSES, ANALYSIS_SECONDS, LOGS_READ, RUNNING
from logloop_analyzer.text.redaction import Redactor, Strictness

NOTHING_TO_ASK = "nothing differs beyond chance, so no model was asked; ask a question to make one look"
_RESERVE_S = 3.0
_LOOK_EVERY_S = 2.0
_log = structlog.get_logger()

Outcome = AnalysisCompleted | AnalysisFailed


@dataclass(frozen=True)
class Limits:
    """Bounds of one analysis: seconds, and of each window logs and bytes."""

    deadline_s: float = 240.0
    max_logs: int = 200_000
    max_bytes: int = 128 * 2**20
    redaction: Strictness = "standard"


@dataclass(frozen=True)
class _Read:
    evidence: Evidence
    reading: Reading
    facts: dict[str, Any]


class Analyzer:
    """Explains windows of logs. Holds nothing between analyses but the tokens spent today."""

    def __init__(self, source: LogSource, asker: Asker, limits: Limits) -> None:
        self._source = source
        self._asker = asker
        self._limits = limits

    async def explain(self, request: AnalysisRequested, tell: Narrator) -> Outcome:
        """The outcome of a request. Raises Ended when nobody waits for it any more, and nothing else."""
        started = time.monotonic()
        with RUNNING.track_inprogress():
            outcome = await self._outcome(request, tell)
        ANALYSIS_SECONDS.labels("whole").observe(time.monotonic() - started)
        if isinstance(outcome, AnalysisCompleted):
            ANALYSES.labels("completed", outcome.report.mode, outcome.report.verdict).inc()
        else:
            ANALYSES.labels(outcome.reason, "", "").inc()
        return outcome

    async def _outcome(self, request: AnalysisRequested, tell: Narrator) -> Outcome:
        try:
            async with asyncio.timeout(self._limits.deadline_s):
                return await _until_ended(self._work(request, tell), self._watch(request))
        except Ended:
            raise
        except TimeoutError:
            limit = f"no answer within {self._limits.deadline_s:.0f} s; narrow the window or the search"
            return _failed(request, "deadline", limit)
        except AnalysisError as error:
            return _failed(request, error.reason, error.detail)
        except Exception:  # noqa: BLE001  # the edge of the use case: whoever asked has to see an end
            _log.exception("analysis failed", analysis_id=request.analysis_id)
            return _failed(request, "internal", "this is a fault of Logloop; the analyzer's log tells more")

    async def _watch(self, request: AnalysisRequested) -> None:
        """Return when the analysis was cancelled, deleted or asked on; query not answering says nothing."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                state = await self._source.state(request.project_id, request.analysis_id)
            except AnalysisError:
                continue
            if state is None or not state.waits_for(request.turn):
                return

    async def _work(self, request: AnalysisRequested, tell: Narrator) -> AnalysisCompleted:
        deadline = asyncio.get_running_loop().time() + self._limits.deadline_s
        state = await self._state(request)
        await tell.stage("started", "The analyzer has begun")
        thread, question = thread_about(request.question, state.report if state else None, request.messages)
        settings = await self._source.provider(request.project_id)
        redactor = Redactor(settings.redaction if settings else self._limits.redaction)
        read = await self._read(request, question, redactor, tell)
        base = deterministic_report(read.evidence, redactor, read.reading, None)
        asked = Asked(request.project_id, read.evidence, base, read.facts, question, thread if request.turn else ())
        answered = await self._ask(asked, settings, redactor, tell, deadline - _RESERVE_S)
        if request.turn == 0:
            return _completed(request, _report(base, answered), None)
        earlier = (state.report if state else None) or base
        return _reply(request, earlier, asked, answered, redactor)

    async def _state(self, request: AnalysisRequested) -> AnalysisState | None:
        """Where the analysis stands; a request that was told again may have been answered meanwhile."""
        try:
            state = await self._source.state(request.project_id, request.analysis_id)
        except AnalysisError as error:
            if error.reason == "query_unavailable":
                raise
            return None
        if state is None or not state.waits_for(request.turn):
            raise Ended
        return state

    async def _read(
        self, request: AnalysisRequested, question: str | None, redactor: Redactor, tell: Narrator
    ) -> _Read:
        scope = request.scope
        length = scope.until - scope.since
        window = Selection(request.project_id, scope.q, scope.since, scope.until)
        before = Selection(request.project_id, scope.q, scope.since - length, scope.since)
        await tell.stage("reading", "Reading the logs of the window and of the one before")
        started = time.monotonic()
        limits = {"max_logs": self._limits.max_logs, "max_bytes": self._limits.max_bytes}
        now = await self._source.read_logs(window, **limits)
        baseline = await self._source.read_logs(before, **limits)
        LOGS_READ.labels("window").inc(now.table.num_rows)
        LOGS_READ.labels("baseline").inc(baseline.table.num_rows)
        ANALYSIS_SECONDS.labels("reading").observe(time.monotonic() - started)
        started = time.monotonic()
        evidence = await asyncio.to_thread(measure, now.table, baseline.table, question)
        ANALYSIS_SECONDS.labels("evidence").observe(time.monotonic() - started)
        reading = Reading(evidence.logs, evidence.baseline_logs, _left_out(now, baseline))
        await tell.stage(
            "evidence",
            f"Compared {evidence.logs} logs with {evidence.baseline_logs} of the window before: "
            f"{len(evidence.findings)} findings",
        )
        for item in evidence.findings:
            await tell.finding(shown_finding(item, redactor))
        facts: dict[str, Any] = {name: safe_text(value, redactor, 1000) for name, value in described(window).items()}
        facts |= {"logs": evidence.logs, "logs_in_the_window_before": evidence.baseline_logs}
        if reading.left_out:
            facts["not_read"] = reading.left_out
        return _Read(evidence, reading, facts)

    async def _ask(
        self,
        asked: Asked,
        settings: ProviderSettings | None,
        redactor: Redactor,
        tell: Narrator,
        deadline: float,
    ) -> Answered | str:
        """A model's verified answer, or why there is none."""
        if settings is None:
            return NO_PROVIDER
        if not any(item.lines for item in asked.evidence.findings) and not asked.evidence.asked_about:
            return "there is no line of log to ask a model about"
        if asked.base.verdict == "insufficient" and not asked.question:
            return NOTHING_TO_ASK
        try:
            return await self._asker.ask(asked, settings, redactor, tell, deadline)
        except ProviderFailed as failed:
            _log.warning("no model answered", provider=settings.provider, kind=failed.kind, reason=failed.message)
            return f"{settings.provider} {settings.model}: {failed}"
        finally:
            await tell.flush()


async def _until_ended(work: Awaitable[AnalysisCompleted], watch: Awaitable[None]) -> AnalysisCompleted:
    """The work's result. Raises Ended when the watch returns first."""
    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(watch)
    try:
        await asyncio.wait([working, watching], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Ended
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


def _left_out(window: ReadLogs, baseline: ReadLogs) -> str | None:
    parts = []
    for name, read in (("the window", window), ("the window before", baseline)):
        if read.cut and read.last is not None:
            parts.append(f"{name} was read only up to {read.last:%Y-%m-%d %H:%M:%S} UTC ({read.table.num_rows} logs)")
    return "; ".join(parts) + "; narrow the window or the search to see the rest" if parts else None


def _report(base: Report, answered: Answered | str) -> Report:
    if isinstance(answered, str):
        return base.model_copy(update={"degraded_reason": answered})
    if not answered.verified.claims:
        return without_support(base, answered.verified, answered.usage)
    return model_report(base, answered.verified, answered.usage, answered.left_out)


def _reply(
    request: AnalysisRequested, earlier: Report, asked: Asked, answered: Answered | str, redactor: Redactor
) -> AnalysisCompleted:
    if isinstance(answered, Answered) and answered.verified.claims:
        verified = answered.verified
        report = extended(earlier, verified.claims, verified.cited, answered.usage, verified.dropped)
        return _completed(request, report, model_answer(verified))
    usage = answered.usage if isinstance(answered, Answered) else None
    dropped = answered.verified.dropped if isinstance(answered, Answered) else 0
    reason = answered if isinstance(answered, str) else "what the model said could not be traced to any line"
    report = extended(earlier, (), asked.base.evidence, usage, dropped)
    return _completed(request, report, measured_answer(asked.evidence, redactor, asked.base, reason))


def _completed(request: AnalysisRequested, report: Report, answer: str | None) -> AnalysisCompleted:
    return AnalysisCompleted(
        analysis_id=request.analysis_id,
        project_id=request.project_id,
        turn=request.turn,
        report=report,
        answer=answer,
    )


def _failed(
    request: AnalysisRequested,
    reason: FailureReason,
    detail: str,
) -> AnalysisFailed:
    return AnalysisFailed(
        analysis_id=request.analysis_id,
        project_id=request.project_id,
        turn=request.turn,
        reason=reason,
        detail=detail,
    )
