"""Asks a language model for a structured answer, with retries and with fallbacks for models that lack a feature."""

import asyncio
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import stamina
import structlog
from cachetools import LRUCache
from logloop_chassis.outbound.egress import EgressGuard
from logloop_contracts.analyses import ModelUsage

from logloop_analyzer.model.answer_text import SummaryStream, parse_object
from logloop_analyzer.model.langchain_chat import disable_tracing, open_chat
from logloop_analyzer.model.provider import (
    ModelAnswer,
    OnText,
    PromptMessage,
    ProviderFailed,
    ProviderSettings,
    ShapeCheck,
)
from logloop_analyzer.model.provider_errors import provider_failure
from logloop_analyzer.telemetry import MODEL_CALLS, MODEL_SECONDS, MODEL_TOKENS

AnswerMethod = Literal["json_schema", "function_calling", "text"]
METHODS: tuple[AnswerMethod, ...] = ("json_schema", "function_calling", "text")
"""Ways to get a structured answer, the most reliable first."""
MAX_ATTEMPTS = 4
_FIRST_DELAY_S = 0.5
_MAX_DELAY_S = 20.0
_JITTER_S = 0.5
_RESERVE_S = 1.0
"""A retry must begin this long before the deadline."""
_CHARS_PER_TOKEN = 12
_REMEMBERED_MODELS = 200
_ROLES = {"system": "system", "user": "human", "assistant": "ai"}
_log = structlog.get_logger()


@dataclass
class _UsageMeter:
    """What the calls of one question cost."""

    settings: ProviderSettings
    started: float = field(default_factory=time.monotonic)
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, message: Any) -> None:
        usage = getattr(message, "usage_metadata", None) or {}
        self.input_tokens += int(usage.get("input_tokens", 0))
        self.output_tokens += int(usage.get("output_tokens", 0))

    def total(self) -> ModelUsage:
        return ModelUsage(
            provider=self.settings.provider,
            model=self.settings.model,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            calls=self.calls,
            seconds=round(time.monotonic() - self.started, 3),
        )


class ModelClient:
    """A client for models of any provider. It keeps no connection and no key between questions."""

    def __init__(self, guard: EgressGuard) -> None:
        self._guard = guard
        self._first_method: LRUCache[tuple[str, str, str], int] = LRUCache(_REMEMBERED_MODELS)
        disable_tracing()

    async def ask(
        self,
        settings: ProviderSettings,
        messages: Sequence[PromptMessage],
        schema: Mapping[str, Any],
        check_shape: ShapeCheck,
        on_text: OnText,
        deadline: float,
    ) -> ModelAnswer:
        """Return a structured answer; see `LanguageModel.ask`.

        Tries structured output, then a tool call, then JSON in text, which the model may correct once.
        """
        meter = _UsageMeter(settings)
        try:
            async with asyncio.timeout_at(deadline), open_chat(settings, self._guard) as chat:
                question = _Question(chat, settings, messages, schema, check_shape, on_text, deadline, meter)
                value = await self._ask_by_first_working_method(question)
        except Exception as error:
            # Client libraries raise exceptions of many kinds; all become a failure that can be shown.
            failed = provider_failure(error, settings.key)
            failed.usage = meter.total()
            MODEL_CALLS.labels(settings.provider, failed.kind).inc()
            raise failed from error
        usage = meter.total()
        MODEL_CALLS.labels(settings.provider, "ok").inc()
        MODEL_SECONDS.labels(settings.provider).observe(usage.seconds)
        MODEL_TOKENS.labels(settings.provider, "input").inc(usage.input_tokens)
        MODEL_TOKENS.labels(settings.provider, "output").inc(usage.output_tokens)
        return ModelAnswer(value, usage)

    async def _ask_by_first_working_method(self, question: "_Question") -> dict[str, Any]:
        """Try the methods in turn, starting with the one that worked for this model last time."""
        model = (question.settings.provider, question.settings.url, question.settings.model)
        for index in range(self._first_method.get(model, 0), len(METHODS)):
            try:
                value = await _ask_with_retries(question, METHODS[index])
            except ProviderFailed as failed:
                if failed.kind not in {"invalid", "bad_output"} or index == len(METHODS) - 1:
                    raise
                _log.info("model answer method failed", method=METHODS[index], reason=failed.message)
            else:
                self._first_method[model] = index
                return value
        raise AssertionError("the last method returns or raises")


async def _ask_with_retries(question: "_Question", method: AnswerMethod) -> dict[str, Any]:
    """Ask by one method, and retry temporary failures until the deadline comes close."""
    loop = asyncio.get_running_loop()
    delay = _FIRST_DELAY_S

    def next_delay(error: BaseException) -> float | Literal[False]:
        """Return the seconds to wait: what the provider asked for, or a backoff. False means give up."""
        nonlocal delay
        # A cancellation, as at the deadline, arrives here as well.
        if not isinstance(error, ProviderFailed) or not error.retryable:
            return False
        base = delay if error.retry_after is None else error.retry_after
        wait = base + random.uniform(0, _JITTER_S)  # noqa: S311  # jitter
        delay = min(_MAX_DELAY_S, delay * 2)
        return wait if loop.time() + wait < question.deadline - _RESERVE_S else False

    async for attempt in stamina.retry_context(on=next_delay, attempts=MAX_ATTEMPTS, timeout=None):
        with attempt:
            return await question.ask(method)
    raise AssertionError("the last attempt returns or raises")


@dataclass(frozen=True)
class _Question:
    chat: Any
    settings: ProviderSettings
    messages: Sequence[PromptMessage]
    schema: Mapping[str, Any]
    check_shape: ShapeCheck
    on_text: OnText
    deadline: float
    meter: _UsageMeter

    async def ask(self, method: AnswerMethod) -> dict[str, Any]:
        """Return the answer to one call, or two if a text answer needs a correction. Raises ProviderFailed."""
        try:
            if method == "text":
                return await self._ask_for_text()
            return self._parse(await self._stream(self._structured(method), self.messages))
        except Exception as error:
            raise provider_failure(error, self.settings.key) from error

    async def _ask_for_text(self) -> dict[str, Any]:
        messages = _with_schema(self.messages, self.schema)
        text = await self._stream(self.chat, messages)
        try:
            return self._parse(text)
        except ProviderFailed as failed:
            request = (
                f"Your reply could not be read: {failed.message}. "
                "Reply with the corrected JSON object and nothing else."
            )
            reply = PromptMessage("assistant", text[:20_000] or "(nothing)")
            return self._parse(await self._stream(self.chat, [*messages, reply, PromptMessage("user", request)]))

    def _structured(self, method: AnswerMethod) -> Any:
        options: dict[str, Any] = {"method": method, "include_raw": True}
        if method == "json_schema" and self.settings.provider in {"openai", "openai-compatible"}:
            options["strict"] = True
        chain = self.chat.with_structured_output(dict(self.schema), **options)
        # The chain returns its answer only after its own parser has read all of it; the model inside streams.
        steps = getattr(chain.steps[0], "steps__", {}) if getattr(chain, "steps", None) else {}
        return steps.get("raw", chain)

    def _parse(self, text: str) -> dict[str, Any]:
        if not text.strip():
            raise ProviderFailed("bad_output", "the model returned nothing")
        try:
            value = parse_object(text)
            self.check_shape(value)
        except ValueError as error:
            raise ProviderFailed("bad_output", f"{error}; it began with: {text[:120]!r}") from error
        return value

    async def _stream(self, runnable: Any, messages: Sequence[PromptMessage]) -> str:
        """Return the text of an answer, or the arguments of its tool call, and stream out its summary."""
        self.meter.calls += 1
        answer = _StreamedAnswer(self.settings.max_tokens * _CHARS_PER_TOKEN + 10_000)
        prompt = [(_ROLES[message.role], message.text) for message in messages]
        async with asyncio.timeout(self.settings.timeout_s):
            try:
                async for part in runnable.astream([*prompt], config={"callbacks": []}):
                    piece = answer.add(part.get("raw") if isinstance(part, dict) else part)
                    if piece:
                        await self.on_text(piece)
            finally:
                self.meter.add(answer.message)
        answer.raise_if_refused()
        return answer.text


class _StreamedAnswer:
    """The part of an answer that has arrived."""

    def __init__(self, limit: int) -> None:
        self.text = ""
        self.message: Any = None
        self._limit = limit
        self._summary = SummaryStream()

    def add(self, chunk: Any) -> str:
        """Add a chunk and return what it adds to the summary. Raises ProviderFailed if the answer is too long."""
        if chunk is None:
            return ""
        self.message = chunk if self.message is None else self.message + chunk
        calls = getattr(chunk, "tool_call_chunks", None) or []
        piece = "".join(call.get("args") or "" for call in calls) or str(chunk.text)
        self.text += piece
        if len(self.text) > self._limit:
            raise ProviderFailed("bad_output", "the answer exceeds its maximum length")
        return self._summary.feed(piece)

    def raise_if_refused(self) -> None:
        """Raise ProviderFailed if the answer is empty or the provider stopped it because of its content rules."""
        message = self.message
        if message is None:
            raise ProviderFailed("bad_output", "the model returned nothing")
        refusal = message.additional_kwargs.get("refusal")
        about = message.response_metadata
        reason = str(about.get("stop_reason") or about.get("finish_reason") or about.get("done_reason") or "").lower()
        if refusal or reason in {"refusal", "content_filter", "safety", "prohibited_content", "blocklist"}:
            raise ProviderFailed("refused", str(refusal or reason))


def _with_schema(messages: Sequence[PromptMessage], schema: Mapping[str, Any]) -> list[PromptMessage]:
    rule = "Reply with one JSON object and nothing else. It must match this JSON Schema:\n" + json.dumps(schema)
    return [PromptMessage("system", f"{messages[0].text}\n\n{rule}"), *messages[1:]]
