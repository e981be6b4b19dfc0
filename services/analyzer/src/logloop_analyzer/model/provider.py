"""What a project has set about its model provider, and what asking one may answer.

It must not know how a provider is spoken to; `model` does.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from logloop_contracts.analyses import ModelUsage
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from logloop_analyzer.text.redaction import Strictness

ProviderName = Literal["openai", "anthropic", "google", "ollama", "openai-compatible"]
DEFAULT_BASE_URLS: Mapping[ProviderName, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
    "ollama": "http://127.0.0.1:11434",
}
_VERSION_PATHS: Mapping[ProviderName, tuple[str, ...]] = {
    "anthropic": ("/v1",),
    "google": ("/v1beta", "/v1"),
    "ollama": ("/api", "/v1"),
}
"""Ends of a base URL that the client library adds itself."""


class ProviderSettings(BaseModel):
    """The model provider of a project, as query keeps it. Times in seconds, budgets in tokens."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    provider: ProviderName
    model: str = Field(min_length=1, max_length=200)
    base_url: str | None = Field(None, max_length=500)
    api_key: SecretStr | None = None
    max_tokens: int = Field(4_096, ge=64, le=200_000, description="Most tokens of one answer.")
    timeout_s: float = Field(120, gt=0, le=900, description="Seconds that one call may take.")
    budget_tokens_per_day: int | None = Field(None, ge=0)
    evidence_tokens: int = Field(12_000, ge=1_000, le=400_000, description="Most tokens of evidence in a prompt.")
    temperature: float | None = Field(None, ge=0, le=2)
    redaction: Strictness = "standard"

    @property
    def url(self) -> str:
        """Where the provider is, as its client library wants it."""
        url = (self.base_url or DEFAULT_BASE_URLS.get(self.provider, "")).rstrip("/")
        for path in _VERSION_PATHS.get(self.provider, ()):
            if url.endswith(path):
                return url.removesuffix(path)
        return url


FailureKind = Literal[
    "auth",
    "permission",
    "not_found",
    "invalid",
    "rate_limit",
    "server",
    "unreachable",
    "timeout",
    "too_long",
    "blocked",
    "bad_output",
    "refused",
]
_RETRYABLE = frozenset({"rate_limit", "server", "unreachable", "timeout"})
_ADVICE: Mapping[FailureKind, str] = {
    "auth": "the provider refused the API key; check it in the settings",
    "permission": "the API key may not use this model; check it with the provider",
    "not_found": "the provider does not know this model or URL; check both in the settings",
    "invalid": "the provider refused the request; check the model and its limits in the settings",
    "rate_limit": "the provider's rate limit or quota is used up; wait or raise it with the provider",
    "server": "the provider failed; try again later",
    "unreachable": "the provider could not be reached; check the base URL and the network",
    "timeout": "the provider did not answer in time; try again or choose a faster model",
    "too_long": "the evidence does not fit this model; narrow the window or choose a model that reads more",
    "blocked": "this base URL is not allowed",
    "bad_output": "the model's answer could not be read; choose a model that can give structured output",
    "refused": "the model declined to answer",
}


class ProviderFailed(Exception):
    """No usable answer. `message` holds the provider's own words, without the key."""

    def __init__(self, kind: FailureKind, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{_ADVICE[kind]} ({message})" if message else _ADVICE[kind])
        self.kind = kind
        self.message = message
        self.retry_after = retry_after
        self.usage: ModelUsage | None = None
        """What the attempts cost, as far as the provider told."""

    @property
    def retryable(self) -> bool:
        """Whether asking the same again may succeed."""
        return self.kind in _RETRYABLE


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said, as a JSON object, and what it cost."""

    value: dict[str, Any]
    usage: ModelUsage


OnText = Callable[[str], Awaitable[None]]
Check = Callable[[dict[str, Any]], None]
"""Raises ValueError with a reason when an answer has the wrong shape."""


class Model(Protocol):
    """A language model behind some provider."""

    async def ask(
        self,
        settings: ProviderSettings,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        check: Check,
        on_text: OnText,
        deadline: float,
    ) -> Answer:
        """An answer that fits a JSON schema, its `summary` streamed to `on_text` while it is written.

        `deadline` is a time of the event loop. Raises ProviderFailed, never anything else of the provider's.
        """
