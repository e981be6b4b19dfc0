"""Opens chat models of any provider with LangChain, over connections that the egress guard checks.

This is the only file that imports LangChain.
"""

import asyncio
import importlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal

from logloop_chassis.outbound.egress import EgressGuard
from logloop_chassis.outbound.guarded_http import guarded_transport

from logloop_analyzer.model.provider import ProviderName, ProviderSettings

MAX_ANSWER_BYTES = 16 * 1024 * 1024
_CHAT_MODELS: Mapping[ProviderName, tuple[str, str]] = {
    "openai": ("langchain_openai", "ChatOpenAI"),
    "openai-compatible": ("langchain_openai", "ChatOpenAI"),
    "anthropic": ("langchain_anthropic", "ChatAnthropic"),
    "google": ("langchain_google_genai", "ChatGoogleGenerativeAI"),
    "ollama": ("langchain_ollama", "ChatOllama"),
}
"""The package of each provider and its class. The package `langchain` would choose, too, but brings LangGraph."""


def disable_tracing() -> None:
    """Keep LangChain from sending prompts to LangSmith, even if the environment asks for it."""
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"):
        os.environ[name] = "false"
    for name in ("LANGSMITH_GATEWAY", "LANGSMITH_GATEWAY_API_KEY"):
        os.environ.pop(name, None)


@asynccontextmanager
async def open_chat(settings: ProviderSettings, guard: EgressGuard) -> AsyncIterator[Any]:
    """Open a LangChain chat model with its own connections and without tracing.

    Raises EgressRefused if the base URL is not allowed.
    """
    guard.check(settings.url)
    chat_model = await asyncio.to_thread(_load_library, settings.provider)
    from langsmith import tracing_context

    async with AsyncExitStack() as stack:
        chat = chat_model(model=settings.model, **_options(settings, guard, stack))
        if settings.provider == "anthropic":
            _connect_anthropic(chat, settings, guard, stack)
        stack.enter_context(tracing_context(enabled=False))
        yield chat


def _load_library(provider: ProviderName) -> Any:
    """Import a provider's package and return its class. This takes seconds and much memory, so only on first use."""
    import langsmith  # noqa: F401  # used by open_chat; importing it here keeps it off the event loop

    package, name = _CHAT_MODELS[provider]
    return getattr(importlib.import_module(package), name)


def _options(settings: ProviderSettings, guard: EgressGuard, stack: AsyncExitStack) -> dict[str, Any]:
    """Return the arguments of the class: no retries of the library, no redirects, no proxies."""
    build = {"ollama": _ollama, "google": _google, "anthropic": _anthropic}.get(settings.provider, _openai)
    options = {"base_url": settings.url, **build(settings, guard, stack)}
    return options if settings.temperature is None else {**options, "temperature": settings.temperature}


def _ollama(settings: ProviderSettings, guard: EgressGuard, stack: AsyncExitStack) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {settings.key}"} if settings.key else {}
    transport = _transport("httpx", settings.url, guard, stack)
    client = {"follow_redirects": False, "trust_env": False, "headers": headers, "timeout": settings.timeout_s}
    return {
        "num_predict": settings.max_tokens,
        # Ollama silently cuts a prompt that exceeds its context, and its default context is short.
        "num_ctx": settings.evidence_tokens + settings.max_tokens + 2_000,
        "async_client_kwargs": {**client, "transport": transport},
    }


def _google(settings: ProviderSettings, guard: EgressGuard, stack: AsyncExitStack) -> dict[str, Any]:
    # Google's library prefers httpx if both httpx and httpx2 are installed, and we depend on httpx.
    transport = _transport("httpx", settings.url, guard, stack)
    client = {"transport": transport, "follow_redirects": False, "trust_env": False}
    return {**_common(settings), "max_tokens": settings.max_tokens, "max_retries": 1, "client_args": client}


def _anthropic(settings: ProviderSettings, _guard: EgressGuard, _stack: AsyncExitStack) -> dict[str, Any]:
    return {**_common(settings), "max_tokens": settings.max_tokens, "max_retries": 0}


def _openai(settings: ProviderSettings, guard: EgressGuard, stack: AsyncExitStack) -> dict[str, Any]:
    limit: dict[str, Any] = {"max_tokens": settings.max_tokens}
    if settings.provider == "openai-compatible":
        # Other servers support only the older name of this field.
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
    """Replace the cached HTTP client of ChatAnthropic, which has no parameter for it."""
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
    """Return the API key. The libraries require one even if the server does not."""
    return settings.key or "none"


def _client(settings: ProviderSettings, guard: EgressGuard, stack: AsyncExitStack) -> Any:
    """Return an HTTP client for libraries that take a client instead of a transport."""
    import httpx2

    return httpx2.AsyncClient(
        transport=_transport("httpx2", settings.url, guard, stack),
        follow_redirects=False,
        trust_env=False,
        timeout=settings.timeout_s,
    )


def _transport(library: Literal["httpx", "httpx2"], url: str, guard: EgressGuard, stack: AsyncExitStack) -> Any:
    """Return a transport whose connections the guard checks; the stack closes it."""
    scheme: Literal["http", "https"] = "https" if url.lower().startswith("https:") else "http"
    transport = guarded_transport(guard, scheme, library=library, connection_bytes=MAX_ANSWER_BYTES)
    stack.push_async_callback(transport.aclose)
    return transport
