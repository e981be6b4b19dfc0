"""Shows what an analysis would read and send, without asking a model and without storing anything."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from logloop_chassis.text.redaction import Redactor

from logloop_analyzer.analysis.model_explainer import (
    ModelQuestion,
    estimate_tokens,
    masked_prompt,
    reason_for_no_model,
)
from logloop_analyzer.analysis.report import measured_report
from logloop_analyzer.analysis.windows import AnalysisLimits, measure_window, window_facts
from logloop_analyzer.errors import AnalysisError
from logloop_analyzer.model.evidence_pack import build_pack, learn_secrets
from logloop_analyzer.model.provider import PromptMessage, ProviderSettings
from logloop_analyzer.query_api.interface import LogSelection, QueryApi

DEADLINE_S = 30.0
_AT_ONCE = 1
_WAITING = 4


class TooManyPreviews(Exception):
    """Too many previews are waiting; try again in a moment."""


@dataclass(frozen=True, slots=True)
class SentPrompt:
    """What a model would receive. `masked` counts the replaced values by kind."""

    messages: tuple[PromptMessage, ...]
    lines: int
    tokens: int
    masked: dict[str, int]


@dataclass(frozen=True, slots=True)
class AnalysisPreview:
    """What an analysis of a selection reads, and what it sends; `prompt` is None if no model would be asked."""

    logs: int
    baseline_logs: int
    findings: int
    left_out: str | None
    settings: ProviderSettings | None
    reason: str | None
    prompt: SentPrompt | None


class AnalysisPreviewer:
    """Makes previews, one after the other, because each reads and measures logs as an analysis does."""

    def __init__(self, query: QueryApi, limits: AnalysisLimits) -> None:
        self._query = query
        self._limits = limits
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def preview(self, selection: LogSelection, question: str | None) -> AnalysisPreview:
        """Return the preview. Raises AnalysisError or TooManyPreviews."""
        if self._waiting >= _WAITING:
            raise TooManyPreviews
        self._waiting += 1
        try:
            async with asyncio.timeout(DEADLINE_S), self._slots:
                return await self._preview(selection, question)
        except TimeoutError as error:
            detail = f"no preview within {DEADLINE_S:.0f} s; narrow the window or the search"
            raise AnalysisError("too_large", detail) from error
        finally:
            self._waiting -= 1

    async def _preview(self, selection: LogSelection, question: str | None) -> AnalysisPreview:
        settings = await self._query.provider(selection.project_id)
        redactor = Redactor(settings.redaction if settings else self._limits.redaction)
        measured = await measure_window(self._query, selection, self._limits, question)
        evidence, coverage = measured.evidence, measured.coverage
        learn_secrets(evidence, redactor)
        base = measured_report(evidence, redactor, coverage, None)
        facts = window_facts(selection, coverage, redactor)
        asked = ModelQuestion(selection.project_id, evidence, base, facts, question)
        reason = reason_for_no_model(asked, settings)
        prompt = None if settings is None or reason else _prompt(asked, settings, redactor)
        return AnalysisPreview(
            coverage.logs,
            coverage.baseline_logs,
            len(evidence.findings),
            coverage.left_out,
            settings,
            reason,
            prompt,
        )


def _prompt(asked: ModelQuestion, settings: ProviderSettings, redactor: Redactor) -> SentPrompt:
    pack = build_pack(asked.evidence, redactor, settings.evidence_tokens)
    messages = tuple(masked_prompt(asked, pack, redactor))
    return SentPrompt(messages, len(pack.lines), estimate_tokens(messages), redactor.counts)


def provider_host(settings: ProviderSettings) -> str:
    """Return the host that receives the prompt, with its port if the URL names one."""
    parts = urlsplit(settings.url)
    return parts.netloc.rpartition("@")[2]
