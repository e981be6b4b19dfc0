"""One question to a model about measured evidence: pack, prompt, answer, verification.

It must not decide what is found; a model only adds words whose citations hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from logloop_contracts.analyses import ModelUsage, Report, ThreadMessage

from logloop_analyzer.analysis.progress import Narrator
from logloop_analyzer.analysis.verdict import confidence_cap
from logloop_analyzer.evidence import Evidence
from logloop_analyzer.model.budget import DailyTokens
from logloop_analyzer.model.evidence_pack import BYTES_PER_TOKEN, Pack, build_pack
from logloop_analyzer.model.prompts import answer_schema, build_prompt
from logloop_analyzer.model.provider import Message, Model, ProviderFailed, ProviderSettings
from logloop_analyzer.model.verification import Verified, check_shape, verify
from logloop_analyzer.telemetry import CLAIMS, REDACTED
from logloop_analyzer.text.redaction import Redactor

MIN_EVIDENCE_TOKENS = 1_000


@dataclass(frozen=True)
class Asked:
    """What a model is asked about."""

    project_id: str
    evidence: Evidence
    base: Report
    facts: Mapping[str, Any]
    question: str | None = None
    thread: Sequence[ThreadMessage] = ()


@dataclass(frozen=True)
class Answered:
    """A verified answer, what it cost, and what the budget left out of its prompt."""

    verified: Verified
    usage: ModelUsage
    left_out: str | None


class Asker:
    """Asks the model of a project, within its budget of the day."""

    def __init__(self, model: Model, tokens: DailyTokens) -> None:
        self._model = model
        self._tokens = tokens

    async def ask(
        self, asked: Asked, settings: ProviderSettings, redactor: Redactor, tell: Narrator, deadline: float
    ) -> Answered:
        """Ask, once more with half the evidence when it was too long. Raises ProviderFailed."""
        room = settings.evidence_tokens
        while True:
            pack = build_pack(asked.evidence, redactor, room)
            try:
                return await self._once(asked, pack, settings, redactor, tell, deadline)
            except ProviderFailed as failed:
                room //= 2
                if failed.kind != "too_long" or room < MIN_EVIDENCE_TOKENS:
                    raise

    async def _once(
        self,
        asked: Asked,
        pack: Pack,
        settings: ProviderSettings,
        redactor: Redactor,
        tell: Narrator,
        deadline: float,
    ) -> Answered:
        messages = build_prompt(pack, redactor, question=asked.question, thread=asked.thread, facts=asked.facts)
        size = _tokens(messages)
        if not self._tokens.allows(asked.project_id, size + settings.max_tokens, settings.budget_tokens_per_day):
            raise ProviderFailed("permission", "the project's token budget of today is used up")
        REDACTED.inc(redactor.count)
        await tell.stage(
            "asking",
            f"Asking {settings.model} ({settings.provider}): {len(pack.findings)} findings, {len(pack.lines)} lines, "
            f"about {size} tokens, {redactor.count} values taken out",
        )
        schema = answer_schema(pack.ids)
        try:
            answer = await self._model.ask(settings, messages, schema, check_shape, tell.piece, deadline)
        except ProviderFailed as failed:
            self._spend(asked, failed.usage)
            raise
        self._spend(asked, answer.usage)
        cap = confidence_cap(asked.base.verdict)
        verified = verify(answer.value, pack, redactor, confidence_cap=cap)
        CLAIMS.labels("kept").inc(len(verified.claims))
        CLAIMS.labels("dropped").inc(verified.dropped)
        total = len(verified.claims) + verified.dropped
        await tell.stage("verifying", f"{total - verified.dropped} of {total} statements are backed by cited lines")
        return Answered(verified, answer.usage, pack.left_out)

    def _spend(self, asked: Asked, usage: ModelUsage | None) -> None:
        """Charge what was used to the project's budget; an answer that cannot be used costs as much as any."""
        if usage is not None:
            self._tokens.spend(asked.project_id, usage.input_tokens + usage.output_tokens)


def _tokens(messages: Sequence[Message]) -> int:
    return int(sum(len(message.text.encode()) for message in messages) / BYTES_PER_TOKEN)
