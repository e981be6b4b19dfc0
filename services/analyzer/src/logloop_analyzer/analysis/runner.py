"""Runs one analysis from request to outcome: reads logs, measures them, asks a model, and builds the report."""

import asyncio
import time
from collections.abc import Awaitable

import structlog
from logloop_chassis.text.redaction import Redactor
from logloop_contracts.analyses import AnalysisCompleted, AnalysisFailed, AnalysisRequested, FailureReason, Report

from logloop_analyzer.analysis.follow_up import extend_report, measured_answer, model_answer, split_thread
from logloop_analyzer.analysis.model_explainer import (
    Explanation,
    ModelExplainer,
    ModelQuestion,
    reason_for_no_model,
)
from logloop_analyzer.analysis.progress import ProgressReporter
from logloop_analyzer.analysis.report import (
    NO_PROVIDER,
    display_finding,
    masked_report,
    measured_report,
    model_report,
    unsupported_report,
)
from logloop_analyzer.analysis.windows import AnalysisLimits, Measurement, measure_window, window_facts
from logloop_analyzer.errors import AnalysisError, AnalysisObsolete
from logloop_analyzer.model.evidence_pack import learn_secrets
from logloop_analyzer.model.provider import ProviderFailed, ProviderSettings
from logloop_analyzer.query_api.interface import AnalysisState, LogSelection, QueryApi
from logloop_analyzer.telemetry import ANALYSES, ANALYSIS_SECONDS, RUNNING

_RESERVE_S = 3.0
"""Time before the deadline in which the report is built and published."""
_STATE_CHECK_S = 2.0
_log = structlog.get_logger()

Outcome = AnalysisCompleted | AnalysisFailed


class AnalysisRunner:
    """Runs analyses. It keeps no state between them except the model's token budget."""

    def __init__(self, query: QueryApi, explainer: ModelExplainer, limits: AnalysisLimits) -> None:
        self._query = query
        self._explainer = explainer
        self._limits = limits

    async def run(self, request: AnalysisRequested, progress: ProgressReporter) -> Outcome:
        """Return the outcome of a request, within the deadline. Raises only AnalysisObsolete."""
        started = time.monotonic()
        with RUNNING.track_inprogress():
            outcome = await self._outcome(request, progress)
        ANALYSIS_SECONDS.labels("whole").observe(time.monotonic() - started)
        if isinstance(outcome, AnalysisCompleted):
            ANALYSES.labels("completed", outcome.report.mode, outcome.report.verdict).inc()
        else:
            ANALYSES.labels(outcome.reason, "", "").inc()
        return outcome

    async def _outcome(self, request: AnalysisRequested, progress: ProgressReporter) -> Outcome:
        try:
            async with asyncio.timeout(self._limits.deadline_s):
                return await _unless_obsolete(self._analyse(request, progress), self._wait_until_obsolete(request))
        except AnalysisObsolete:
            raise
        except TimeoutError:
            detail = f"no result within {self._limits.deadline_s:.0f} s; narrow the window or the search"
            return _failed(request, "deadline", detail)
        except AnalysisError as error:
            return _failed(request, error.reason, error.detail)
        except Exception:  # noqa: BLE001  # the edge of the use case: every analysis needs a visible end
            _log.exception("analysis failed", analysis_id=request.analysis_id)
            return _failed(request, "internal", "this is a bug in Logloop; see the analyzer's log for details")

    async def _wait_until_obsolete(self, request: AnalysisRequested) -> None:
        """Return when the analysis was cancelled, deleted or given a new turn. Ignores failures of query."""
        while True:
            await asyncio.sleep(_STATE_CHECK_S)
            try:
                state = await self._query.analysis_state(request.project_id, request.analysis_id)
            except AnalysisError:
                continue
            if state is None or not state.awaits(request.turn):
                return

    async def _analyse(self, request: AnalysisRequested, progress: ProgressReporter) -> AnalysisCompleted:
        deadline = asyncio.get_running_loop().time() + self._limits.deadline_s
        state = await self._state(request)
        await progress.stage("started", "The analysis has started")
        thread, question = split_thread(request.question, state.report if state else None, request.messages)
        settings = await self._query.provider(request.project_id)
        redactor = Redactor(settings.redaction if settings else self._limits.redaction)
        selection = LogSelection(request.project_id, request.scope.q, request.scope.since, request.scope.until)
        measured = await self._measure(selection, question, redactor, progress)
        base = measured_report(measured.evidence, redactor, measured.coverage, None)
        facts = window_facts(selection, measured.coverage, redactor)
        model_question = ModelQuestion(
            request.project_id, measured.evidence, base, facts, question, thread if request.turn else ()
        )
        explanation = await self._explain(model_question, settings, redactor, progress, deadline - _RESERVE_S)
        if request.turn == 0:
            return _completed(request, masked_report(_report(base, explanation), redactor), None)
        earlier = (state.report if state else None) or base
        reply = _reply(request, earlier, model_question, explanation, redactor)
        answer = None if reply.answer is None else redactor.mask(reply.answer)
        return _completed(request, masked_report(reply.report, redactor), answer)

    async def _state(self, request: AnalysisRequested) -> AnalysisState | None:
        """Return the state in query, None if query refuses. Raises AnalysisObsolete, as for a repeated request."""
        try:
            state = await self._query.analysis_state(request.project_id, request.analysis_id)
        except AnalysisError as error:
            if error.reason == "query_unavailable":
                raise
            return None
        if state is None or not state.awaits(request.turn):
            raise AnalysisObsolete
        return state

    async def _measure(
        self, selection: LogSelection, question: str | None, redactor: Redactor, progress: ProgressReporter
    ) -> Measurement:
        await progress.stage("reading", "Reading the logs of the window and of its baseline")
        measured = await measure_window(self._query, selection, self._limits, question)
        evidence = measured.evidence
        await progress.stage(
            "evidence",
            f"Compared {evidence.logs} logs with {evidence.baseline_logs} of the baseline: "
            f"{len(evidence.findings)} findings",
        )
        learn_secrets(evidence, redactor)
        for item in evidence.findings:
            await progress.finding(display_finding(item, redactor))
        return measured

    async def _explain(
        self,
        question: ModelQuestion,
        settings: ProviderSettings | None,
        redactor: Redactor,
        progress: ProgressReporter,
        deadline: float,
    ) -> Explanation | str:
        """Return a model's explanation, or the reason why there is none."""
        reason = reason_for_no_model(question, settings)
        if settings is None or reason is not None:
            return reason or NO_PROVIDER
        try:
            return await self._explainer.explain(question, settings, redactor, progress, deadline)
        except ProviderFailed as failed:
            _log.warning("model did not answer", provider=settings.provider, kind=failed.kind, reason=failed.message)
            return f"{settings.provider} {settings.model}: {failed}"
        finally:
            await progress.flush()


async def _unless_obsolete(work: Awaitable[AnalysisCompleted], obsolete: Awaitable[None]) -> AnalysisCompleted:
    """Return the result of `work`. Cancels it and raises AnalysisObsolete if `obsolete` returns first."""
    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(obsolete)
    try:
        await asyncio.wait([working, watching], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise AnalysisObsolete
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


def _report(base: Report, explanation: Explanation | str) -> Report:
    if isinstance(explanation, str):
        return base.model_copy(update={"degraded_reason": explanation})
    if not explanation.verified.claims:
        return unsupported_report(base, explanation.verified, explanation.usage)
    return model_report(base, explanation.verified, explanation.usage, explanation.left_out)


def _reply(
    request: AnalysisRequested,
    earlier: Report,
    question: ModelQuestion,
    explanation: Explanation | str,
    redactor: Redactor,
) -> AnalysisCompleted:
    if isinstance(explanation, Explanation) and explanation.verified.claims:
        verified = explanation.verified
        report = extend_report(earlier, verified.claims, verified.cited, explanation.usage, verified.dropped)
        return _completed(request, report, model_answer(verified))
    usage = explanation.usage if isinstance(explanation, Explanation) else None
    dropped = explanation.verified.dropped if isinstance(explanation, Explanation) else 0
    reason = explanation if isinstance(explanation, str) else "no statement of the model's answer is backed by a line"
    report = extend_report(earlier, (), question.base.evidence, usage, dropped)
    return _completed(request, report, measured_answer(question.evidence, redactor, question.base, reason))


def _completed(request: AnalysisRequested, report: Report, answer: str | None) -> AnalysisCompleted:
    return AnalysisCompleted(
        analysis_id=request.analysis_id,
        project_id=request.project_id,
        turn=request.turn,
        report=report,
        answer=answer,
    )


def _failed(request: AnalysisRequested, reason: FailureReason, detail: str) -> AnalysisFailed:
    return AnalysisFailed(
        analysis_id=request.analysis_id,
        project_id=request.project_id,
        turn=request.turn,
        reason=reason,
        detail=detail,
    )
