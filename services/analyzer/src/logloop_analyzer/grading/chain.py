"""Analyses an incident with the analyzer's own use case, on logs in memory, and keeps all that leaves it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.analyses import AnalysisFailed, AnalysisRequested, AnalysisScope, Report
from logloop_contracts.patterns.edits import NO_EDITS, PatternEdits

from logloop_analyzer.analysis.model_explainer import ModelExplainer
from logloop_analyzer.analysis.preview import AnalysisPreviewer
from logloop_analyzer.analysis.progress import ProgressReporter
from logloop_analyzer.analysis.runner import AnalysisRunner
from logloop_analyzer.analysis.windows import AnalysisLimits
from logloop_analyzer.evidence.log_window import conform
from logloop_analyzer.model.budget import DailyTokenBudget
from logloop_analyzer.model.provider import (
    LanguageModel,
    ModelAnswer,
    OnText,
    PromptMessage,
    ProviderSettings,
    ShapeCheck,
)
from logloop_analyzer.query_api.interface import AnalysisState, LogCounts, LogSample, LogSelection

_PROJECT = "graded"
_NOT_ASKED = ProviderSettings(provider="openai", model="none")
"""The provider of a preview, which shows the prompt and asks nobody."""


class AnalysisNotCompleted(Exception):
    """The analyzer returned no report."""


@dataclass(frozen=True)
class Analysed:
    """A report, and the texts that left the analyzer on the way: progress and prompts."""

    report: Report
    progress: tuple[str, ...]
    prompts: tuple[str, ...]
    seconds: float


class Chain:
    """The analyzer without its services. Without a model, the prompt that a provider would get is still built."""

    def __init__(self, settings: ProviderSettings | None = None, model: LanguageModel | None = None) -> None:
        self._settings = settings
        self._model = model

    async def analyse(
        self, window: pa.Table, baseline: pa.Table, scope: AnalysisScope, question: str | None
    ) -> Analysed:
        """Return the report on two windows. Raises AnalysisNotCompleted."""
        logs = _StoredLogs(pa.concat_tables([conform(baseline), conform(window)]), self._settings)
        model, events = _RecordingModel(self._model), _RecordingPublisher()
        runner = AnalysisRunner(logs, ModelExplainer(model, DailyTokenBudget()), AnalysisLimits())
        request = AnalysisRequested(analysis_id="graded", project_id=_PROJECT, scope=scope, question=question)
        progress = ProgressReporter(events, request, correlation_id=None, causation_id=None)
        started = time.perf_counter()
        outcome = await runner.run(request, progress)
        seconds = time.perf_counter() - started
        if isinstance(outcome, AnalysisFailed):
            raise AnalysisNotCompleted(f"{outcome.reason}: {outcome.detail}")
        prompts = model.prompts
        if self._settings is None:
            selection = LogSelection(_PROJECT, scope.q, scope.since, scope.until)
            shown = await AnalysisPreviewer(logs.with_provider(_NOT_ASKED), AnalysisLimits()).preview(
                selection, question
            )
            prompts = [message.text for message in shown.prompt.messages] if shown.prompt else []
        return Analysed(outcome.report, tuple(events.texts), tuple(prompts), seconds)


class _StoredLogs:
    """Query, as far as an analysis needs it."""

    def __init__(self, table: pa.Table, settings: ProviderSettings | None) -> None:
        self._table = table
        self._settings = settings

    def with_provider(self, settings: ProviderSettings) -> "_StoredLogs":
        return _StoredLogs(self._table, settings)

    async def read_logs(self, selection: LogSelection, *, max_logs: int, max_bytes: int) -> LogSample:  # noqa: ARG002
        found = self._within(selection)
        return LogSample(found.slice(0, max_logs), truncated=found.num_rows > max_logs)

    async def count_logs(self, selection: LogSelection) -> LogCounts:
        found = self._within(selection)
        severities = found["severity"].cast(pa.utf8())
        return LogCounts(found.num_rows, pc.sum(pc.equal(severities, "error")).as_py() or 0)

    def _within(self, selection: LogSelection) -> pa.Table:
        times = self._table["timestamp"]
        kind = times.type
        inside = pc.and_(
            pc.greater_equal(times, pa.scalar(selection.since, kind)),
            pc.less(times, pa.scalar(selection.until, kind)),
        )
        return self._table.filter(inside)

    async def pattern_edits(self, project_id: str) -> PatternEdits:  # noqa: ARG002
        return NO_EDITS

    async def provider(self, project_id: str | None) -> ProviderSettings | None:  # noqa: ARG002
        return self._settings

    async def analysis_state(self, project_id: str, analysis_id: str) -> AnalysisState | None:  # noqa: ARG002
        return AnalysisState("running", 0)


@dataclass
class _RecordingPublisher:
    texts: list[str] = field(default_factory=list)

    async def publish_event(self, channel: Any, data: Any, **_: Any) -> None:  # noqa: ARG002
        self.texts.append(data.model_dump_json())


@dataclass
class _RecordingModel:
    """Passes questions on to a model and keeps their text."""

    model: LanguageModel | None
    prompts: list[str] = field(default_factory=list)

    async def ask(
        self,
        settings: ProviderSettings,
        messages: Sequence[PromptMessage],
        schema: Mapping[str, Any],
        check_shape: ShapeCheck,
        on_text: OnText,
        deadline: float,
    ) -> ModelAnswer:
        assert self.model is not None
        self.prompts += [message.text for message in messages]
        return await self.model.ask(settings, messages, schema, check_shape, on_text, deadline)
