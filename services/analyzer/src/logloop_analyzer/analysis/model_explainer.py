"""Asks a project's model to explain measured evidence, within the token budget, and verifies its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from logloop_chassis.text.redaction import Redactor
from logloop_contracts.analyses import ModelUsage, Report, ThreadMessage

from logloop_analyzer.analysis.progress import ProgressReporter
from logloop_analyzer.analysis.report import NO_PROVIDER
from logloop_analyzer.analysis.verdict import confidence_cap
from logloop_analyzer.evidence import Evidence
from logloop_analyzer.model.budget import DailyTokenBudget
from logloop_analyzer.model.evidence_pack import BYTES_PER_TOKEN, EvidencePack, build_pack
from logloop_analyzer.model.prompts import answer_schema, build_prompt
from logloop_analyzer.model.provider import (
    LanguageModel,
    ModelAnswer,
    PromptMessage,
    ProviderFailed,
    ProviderSettings,
)
from logloop_analyzer.model.verification import VerifiedAnswer, check_shape, verify
from logloop_analyzer.telemetry import CLAIMS, REDACTED

MIN_EVIDENCE_TOKENS = 1_000
NO_CHANGE = "no change is statistically significant, so no model was asked; ask a question to involve the model"
NO_LINES = "there are no log lines to ask a model about"


@dataclass(frozen=True)
class ModelQuestion:
    """What a model is asked: the evidence, the measured report `base`, facts about the window, and the thread."""

    project_id: str
    evidence: Evidence
    base: Report
    facts: Mapping[str, Any]
    question: str | None = None
    thread: Sequence[ThreadMessage] = ()


@dataclass(frozen=True)
class Explanation:
    """A verified answer, its cost, and what the token budget left out of the prompt."""

    verified: VerifiedAnswer
    usage: ModelUsage
    left_out: str | None


class ModelExplainer:
    """Asks the model of a project, within its daily token budget."""

    def __init__(self, model: LanguageModel, budget: DailyTokenBudget) -> None:
        self._model = model
        self._budget = budget

    async def explain(
        self,
        question: ModelQuestion,
        settings: ProviderSettings,
        redactor: Redactor,
        progress: ProgressReporter,
        deadline: float,
    ) -> Explanation:
        """Return the model's explanation. Halves the evidence while it is too long. Raises ProviderFailed."""
        tokens = settings.evidence_tokens
        while True:
            pack = build_pack(question.evidence, redactor, tokens)
            try:
                return await self._explain_pack(question, pack, settings, redactor, progress, deadline)
            except ProviderFailed as failed:
                tokens //= 2
                if failed.kind != "too_long" or tokens < MIN_EVIDENCE_TOKENS:
                    raise

    async def _explain_pack(
        self,
        question: ModelQuestion,
        pack: EvidencePack,
        settings: ProviderSettings,
        redactor: Redactor,
        progress: ProgressReporter,
        deadline: float,
    ) -> Explanation:
        messages = masked_prompt(question, pack, redactor)
        size = estimate_tokens(messages)
        if not self._budget.allows(question.project_id, size + settings.max_tokens, settings.budget_tokens_per_day):
            raise ProviderFailed("budget", "")
        REDACTED.inc(redactor.count)
        await progress.stage(
            "asking",
            f"Asking {settings.model} ({settings.provider}): {len(pack.findings)} findings, {len(pack.lines)} lines, "
            f"about {size} tokens, {redactor.count} values redacted",
        )
        answer = await self._ask(question.project_id, settings, messages, pack, progress, deadline)
        verified = verify(answer.value, pack, redactor, confidence_cap=confidence_cap(question.base.verdict))
        kept = len(verified.claims)
        CLAIMS.labels("kept").inc(kept)
        CLAIMS.labels("dropped").inc(verified.dropped)
        await progress.stage(
            "verifying", f"{kept} of {kept + verified.dropped} statements are supported by cited lines"
        )
        return Explanation(verified, answer.usage, pack.left_out)

    async def _ask(
        self,
        project_id: str,
        settings: ProviderSettings,
        messages: Sequence[PromptMessage],
        pack: EvidencePack,
        progress: ProgressReporter,
        deadline: float,
    ) -> ModelAnswer:
        """Ask the model and charge the budget, also for an answer that cannot be used."""
        schema = answer_schema(pack.ids)
        try:
            answer = await self._model.ask(settings, messages, schema, check_shape, progress.answer_text, deadline)
        except ProviderFailed as failed:
            self._charge(project_id, failed.usage)
            raise
        self._charge(project_id, answer.usage)
        return answer

    def _charge(self, project_id: str, usage: ModelUsage | None) -> None:
        if usage is not None:
            self._budget.spend(project_id, usage.input_tokens + usage.output_tokens)


def reason_for_no_model(question: ModelQuestion, settings: ProviderSettings | None) -> str | None:
    """Return why no model is asked, None if one is."""
    if settings is None:
        return NO_PROVIDER
    if not any(item.lines for item in question.evidence.findings) and not question.evidence.asked_about:
        return NO_LINES
    if question.base.verdict == "insufficient" and not question.question:
        return NO_CHANGE
    return None


def masked_prompt(question: ModelQuestion, pack: EvidencePack, redactor: Redactor) -> list[PromptMessage]:
    """Return the messages that a model receives, without any value that was found to be secret."""
    prompt = build_prompt(pack, redactor, question=question.question, thread=question.thread, facts=question.facts)
    return [PromptMessage(message.role, redactor.mask(message.text)) for message in prompt]


def estimate_tokens(messages: Sequence[PromptMessage]) -> int:
    """Return about how many tokens a prompt has."""
    return int(sum(len(message.text.encode()) for message in messages) / BYTES_PER_TOKEN)
