"""The cost of an answer counts against the budget even if the answer is unusable."""

from typing import Any

import pytest
from logloop_analyzer.analysis.model_explainer import ModelExplainer, ModelQuestion
from logloop_analyzer.analysis.progress import ProgressReporter
from logloop_analyzer.evidence import measure
from logloop_analyzer.model.budget import DailyTokenBudget
from logloop_analyzer.model.provider import ProviderFailed, ProviderSettings
from logloop_chassis.testing import CapturingPublisher
from logloop_chassis.text.redaction import Redactor
from logloop_contracts.analyses import AnalysisRequested, AnalysisScope, ModelUsage, Report

from tests.fakes.incidents import LENGTH, START, incident


class UnusableModel:
    """A model whose answers cannot be used."""

    async def ask(self, *_: Any) -> Any:
        failed = ProviderFailed("bad_output", "no JSON")
        failed.usage = ModelUsage(provider="openai", model="m", input_tokens=900, output_tokens=100)
        raise failed


async def test_an_unusable_answer_counts_against_the_budget() -> None:
    tokens = DailyTokenBudget()
    case = incident("timeout_cascade", 2)
    evidence = measure(case.window, case.baseline)
    question = ModelQuestion("shop", evidence, Report(verdict="insufficient", summary="x"), {})
    request = AnalysisRequested(
        analysis_id="a", project_id="shop", scope=AnalysisScope(q="", since=START, until=START + LENGTH)
    )
    progress = ProgressReporter(CapturingPublisher(), request, correlation_id=None, causation_id=None)
    settings = ProviderSettings(provider="openai", model="m", max_tokens=64)
    with pytest.raises(ProviderFailed, match="no JSON"):
        await ModelExplainer(UnusableModel(), tokens).explain(question, settings, Redactor(), progress, 0.0)
    assert tokens.allows("shop", 1, 1001)
    assert not tokens.allows("shop", 2, 1001)
