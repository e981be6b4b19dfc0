"""Asks a language model through LangChain: whichever provider, the same question and the same kind of answer.

It must not know what the question is about. This is the only file that imports LangChain.
"""

import asyncio
import importlib
import json
import os
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog
from logloop_chassis.egress import EgressGuard
from logloop_chassis.guarded_http import guarded_transport
from logloop_contracts.analyses import ModelUsage

from logloop_analyzer.model.answer_text import SummaryStream, parse_object
from logloop_analyzer.model.provider import (
    Answer,
    Check,
    Message,
    OnText,
    ProviderFailed,
    ProviderName,
    ProviderSettings,
)
from logloop_analyzer.model.provider_errors import failure_of
from logloop_analyzer.telemetry import MODEL_CALLS, MODEL_SECONDS, MODEL_TOKENS

Rung = Literal["json_schema", "function_calling", "text"]
RUNGS: tuple[Rung, ...] = ("json_schema", "function_calling", "text")
MAX_ATTEMPTS = 4
MAX_ANSWER_BYTES = 16 * 1024 * 1024
_FIRST_DELAY_S = 0.5
_MAX_DELAY_S = 20.0
_CHARS_PER_TOKEN = 12
_REMEMBERED = 200
_ROLES = {"system": "system", "user": "human", "assistant": "ai"}
_PROVIDERS = {"google": "google_genai", "openai-compatible": "openai"}
_PACKAGES: Mapping[ProviderName, tuple[str, ...]] = {
    "openai": ("langchain_openai",),
    "openai-compatible": ("langchain_openai",),
    "anthropic": ("langchain_anthropic",),
    "google": ("langchain_google_genai",),
    "ollama": ("langchain_ollama",),
}
_log = structlog.get_logger()


def _no_tracing() -> None:
    """LangChain would send every prompt to its maker's service if the environment asked for it."""
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"):
        os.environ[name] = "false"
    for name in ("LANGSMITH_GATEWAY", "LANGSMITH_GATEWAY_API_KEY"):
        os.environ.pop(name, None)


@dataclass
class _Spent:
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

    def usage(self) -> ModelUsage:
        return ModelUsage(
            provider=self.settings.provider,
            model=self.settings.model,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            calls=self.calls,
            seconds=round(time.monotonic() - self.started, 3),
        )


class LangChainModel:
    """Any provider that LangChain's `init_chat_model` knows. Holds no connection and no key between questions."""

    def __init__(self, guard: EgressGuard) -> None:
        self._guard = guard
        self._first_rung: dict[tuple[str, str, str], int] = {}
        self._random = random.Random()  # noqa: S311  # jitter, not a secret
        _no_tracing()

    async def ask(
        self,
        settings: ProviderSettings,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        check: Check,
        on_text: OnText,
        deadline: float,
    ) -> Answer:
        """See `provider.Model`. Tries structured output, then a tool call, then JSON in text, then a repair of it."""
        secret = settings.api_key.get_secret_value() if settings.api_key else None
        spent = _Spent(settings)
        try:
            async with asyncio.timeout_at(deadline), self._chat(settings) as chat:
                value = await self._climb(
                    _Question(chat, settings, messages, schema, check, on_text, deadline, spent)
                )
        except Exception as error:
            # The client libraries raise whatever they stumble over; one place turns it into a failure to show.
            failed = failure_of(error, secret)
            failed.usage = spent.usage()
            MODEL_CALLS.labels(settings.provider, failed.kind).inc()
            raise failed from error
        usage = spent.usage()
        MODEL_CALLS.labels(settings.provider, "ok").inc()
        MODEL_SECONDS.labels(settings.provider).observe(usage.seconds)
        MODEL_TOKENS.labels(settings.provider, "input").inc(usage.input_tokens)
        MODEL_TOKENS.labels(settings.provider, "output").inc(usage.output_tokens)
        return Answer(value, usage)

    async def _climb(self, question: "_Question") -> dict[str, Any]:
        """Each way to get structured output in turn, from the one that worked last time."""
        known = (question.settings.provider, question.settings.url, question.settings.model)
        for at in range(self._first_rung.get(known, 0), len(RUNGS)):
            try:
                value = await self._patiently(question, RUNGS[at])
            except ProviderFailed as failed:
                if failed.kind not in {"invalid", "bad_output"} or at == len(RUNGS) - 1:
                    raise
                _log.info("the model cannot answer this way", way=RUNGS[at], reason=failed.message)
            else:
                if len(self._first_rung) >= _REMEMBERED:
                    self._first_rung.clear()
                self._first_rung[known] = at
                return value
        raise AssertionError("the last rung returns or raises")

    async def _patiently(self, question: "_Question", rung: Rung) -> dict[str, Any]:
        """Ask one way, again after failures that may pass, as long as there is time."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return await question.ask(rung)
            except Exception as error:
                secret = question.settings.api_key.get_secret_value() if question.settings.api_key else None
                failed = failure_of(error, secret)
                delay = self._delay(attempt, failed.retry_after)
                late = asyncio.get_running_loop().time() + delay >= question.deadline - 1
                if not failed.retryable or attempt == MAX_ATTEMPTS or late:
                    raise failed from error
                _log.info("asking the model again", reason=failed.message, delay_s=round(delay, 2))
            await asyncio.sleep(delay)
        raise AssertionError("the last attempt returns or raises")

    def _delay(self, attempt: int, told: float | None) -> float:
        """Seconds to wait: what the provider said, else doubling, with up to half of it added at random."""
        wait = told if told is not None else min(_MAX_DELAY_S, _FIRST_DELAY_S * 2 ** (attempt - 1))
        return wait + self._random.uniform(0, min(wait, _MAX_DELAY_S) / 2)

    @asynccontextmanager
    async def _chat(self, settings: ProviderSettings) -> AsyncIterator[Any]:
        """A chat model over connections of its own, which the guard watches."""
        self._guard.check(settings.url)
        init_chat_model = await asyncio.to_thread(_library, settings.provider)
        async with AsyncExitStack() as stack:
            options = _options(settings, self._guard, stack)
            name = _PROVIDERS.get(settings.provider, settings.provider)
            chat = init_chat_model(settings.model, model_provider=name, **options)
            if settings.provider == "anthropic":
                _connect_anthropic(chat, settings, self._guard, stack)
            yield chat


@dataclass(frozen=True)
class _Question:
    chat: Any
    settings: ProviderSettings
    messages: Sequence[Message]
    schema: Mapping[str, Any]
    check: Check
    on_text: OnText
    deadline: float
    spent: _Spent

    async def ask(self, rung: Rung) -> dict[str, Any]:
        """One way of asking, with a repair in the last. Raises ProviderFailed or what the library raises."""
        if rung != "text":
            text = await self._stream(self._structured(rung), self.messages)
            return self._read(text)
        asked = _with_schema(self.messages, self.schema)
        text = await self._stream(self.chat, asked)
        try:
            return self._read(text)
        except ProviderFailed as failed:
            told = f"That could not be read: {failed.message}. Reply with the corrected JSON object and nothing else."
            repair = [*asked, Message("assistant", text[:20_000] or "(nothing)"), Message("user", told)]
            return self._read(await self._stream(self.chat, repair))

    def _structured(self, rung: Rung) -> Any:
        options: dict[str, Any] = {"method": rung, "include_raw": True}
        if rung == "json_schema" and self.settings.provider in {"openai", "openai-compatible"}:
            options["strict"] = True
        chain = self.chat.with_structured_output(dict(self.schema), **options)
        # The chain hands out its answer whole, after its own parser; the bound model inside streams it.
        steps = getattr(chain.steps[0], "steps__", {}) if getattr(chain, "steps", None) else {}
        return steps.get("raw", chain)

    def _read(self, text: str) -> dict[str, Any]:
        if not text.strip():
            raise ProviderFailed("bad_output", "the model returned nothing")
        try:
            value = parse_object(text)
            self.check(value)
        except ValueError as error:
            raise ProviderFailed("bad_output", f"{error}; it began with: {text[:120]!r}") from error
        return value

    async def _stream(self, runnable: Any, messages: Sequence[Message]) -> str:
        """The whole text of an answer, or the arguments of its tool call; the summary streams out meanwhile."""
        from langsmith import tracing_context

        self.spent.calls += 1
        written = _Written(self.settings.max_tokens * _CHARS_PER_TOKEN + 10_000)
        prompt = [(_ROLES[message.role], message.text) for message in messages]
        with tracing_context(enabled=False):
            async with asyncio.timeout(self.settings.timeout_s):
                try:
                    async for part in runnable.astream([*prompt], config={"callbacks": []}):
                        piece = written.add(part.get("raw") if isinstance(part, dict) else part)
                        if piece:
                            await self.on_text(piece)
                finally:
                    self.spent.add(written.whole)
        written.raise_if_refused()
        return written.text


class _Written:
    """What has arrived of an answer."""

    def __init__(self, limit: int) -> None:
        self.text = ""
        self.whole: Any = None
        self._limit = limit
        self._summary = SummaryStream()

    def add(self, chunk: Any) -> str:
        """Take a chunk; returns what it adds to the summary. Raises ProviderFailed for an endless answer."""
        if chunk is None:
            return ""
        self.whole = chunk if self.whole is None else self.whole + chunk
        calls = getattr(chunk, "tool_call_chunks", None) or []
        piece = "".join(call.get("args") or "" for call in calls) or str(chunk.text)
        self.text += piece
        if len(self.text) > self._limit:
            raise ProviderFailed("bad_output", "the model did not stop writing")
        return self._summary.feed(piece)

    def raise_if_refused(self) -> None:
        """A provider may end an answer because of its own rules, or because it grew too long."""
        whole = self.whole
        if whole is None:
            raise ProviderFailed("bad_output", "the model returned nothing")
        refusal = whole.additional_kwargs.get("refusal")
        told = whole.response_metadata
        reason = str(told.get("stop_reason") or told.get("finish_reason") or told.get("done_reason") or "").lower()
        if refusal or reason in {"refusal", "content_filter", "safety", "prohibited_content", "blocklist"}:
            raise ProviderFailed("refused", str(refusal or reason))


def _with_schema(messages: Sequence[Message], schema: Mapping[str, Any]) -> list[Message]:
    rule = "Reply with one JSON object and nothing else. It must fit this JSON Schema:\n" + json.dumps(schema)
    return [Message("system", f"{messages[0].text}\n\n{rule}"), *messages[1:]]


def _library(provider: ProviderName) -> Any:
    """Import LangChain and a provider's package: seconds of work and much memory, so not before it is needed."""
    for name in _PACKAGES[provider]:
        importlib.import_module(name)
    return importlib.import_module("langchain.chat_models").init_chat_model


def _options(settings: ProviderSettings, guard: EgressGuard, stack: AsyncExitStack) -> dict[str, Any]:
    """Arguments of `init_chat_model`. Our own retries, no redirects, no proxies of the environment."""
    make = {"ollama": _ollama, "google": _google, "anthropic": _anthropic}.get(settings.provider, _openai)
    options = {"base_url": settings.url, **make(settings, guard, stack)}
    return options if settings.temperature is None else {**options, "temperature": settings.temperature}


def _ollama(settings: ProviderSettings, guard: EgressGuard, stack: AsyncExitStack) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {_key(settings)}"} if settings.api_key else {}
    transport = _transport("httpx", settings.url, guard, stack)
    client = {"follow_redirects": False, "trust_env": False, "headers": headers, "timeout": settings.timeout_s}
    return {
        "num_predict": settings.max_tokens,
        # Ollama cuts a prompt that is longer than its context without a word, and its default is short.
        "num_ctx": settings.evidence_tokens + settings.max_tokens + 2_000,
        "async_client_kwargs": {**client, "transport": transport},
    }


def _google(settings: ProviderSettings, guard: EgressGuard, stack: AsyncExitStack) -> dict[str, Any]:
    # Google's library takes httpx where both are installed, and we depend on httpx.
    transport = _transport("httpx", settings.url, guard, stack)
    client = {"transport": transport, "follow_redirects": False, "trust_env": False}
    return {**_common(settings), "max_tokens": settings.max_tokens, "max_retries": 1, "client_args": client}


def _anthropic(settings: ProviderSettings, _guard: EgressGuard, _stack: AsyncExitStack) -> dict[str, Any]:
    return {**_common(settings), "max_tokens": settings.max_tokens, "max_retries": 0}


def _openai(settings: ProviderSettings, guard: EgressGuard, stack: AsyncExitStack) -> dict[str, Any]:
    limit: dict[str, Any] = {"max_tokens": settings.max_tokens}
    if settings.provider == "openai-compatible":
        # Servers other than OpenAI's know the older name of this field.
        limit = {"extra_body": {"max_tokens": settings.max_tokens}}
    return {
        **_common(settings),
        **limit,
        "max_retries": 0,
        "stream_usage": True,
        "use_responses_api": False,
        "http_async_client": _client(settings, guard, stack),
    }


def _connect_anthropic(chat: Any, settings: ProviderSettings, guard: EgressGuard, stack: AsyncExitStack) -> None:
    """ChatAnthropic takes no HTTP client, so its cached one is put in place."""
    import anthropic

    chat.__dict__["_async_client"] = anthropic.AsyncAnthropic(
        api_key=_key(settings),
        base_url=settings.url,
        max_retries=0,
        timeout=settings.timeout_s,
        http_client=_client(settings, guard, stack),
    )


def _common(settings: ProviderSettings) -> dict[str, Any]:
    return {"timeout": settings.timeout_s, "api_key": _key(settings)}


def _key(settings: ProviderSettings) -> str:
    """The API key; the libraries insist on one also where none is needed."""
    return settings.api_key.get_secret_value() if settings.api_key else "none"


def _client(settings: ProviderSettings, guard: EgressGuard, stack: AsyncExitStack) -> Any:
    """An HTTP client for one question, for libraries that take a whole one."""
    import httpx2

    return httpx2.AsyncClient(
        transport=_transport("httpx2", settings.url, guard, stack),
        follow_redirects=False,
        trust_env=False,
        timeout=settings.timeout_s,
    )


def _transport(library: Literal["httpx", "httpx2"], url: str, guard: EgressGuard, stack: AsyncExitStack) -> Any:
    """A transport for one question whose connections the guard checks."""
    scheme: Literal["http", "https"] = "https" if url.lower().startswith("https:") else "http"
    transport = guarded_transport(guard, scheme, library=library, connection_bytes=MAX_ANSWER_BYTES)
    stack.push_async_callback(transport.aclose)
    return transport
