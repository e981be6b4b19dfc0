"""Settings of a model provider, the failures it can cause, and the interface of a language model."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from logloop_chassis.text.redaction import RedactionLevel
from logloop_contracts.analyses import ModelUsage
from pydantic import BaseModel, ConfigDict, Field, SecretStr

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
"""Suffixes of a base URL that the client library adds itself."""


class ProviderSettings(BaseModel):
    """The model provider of a project as saved in query. Times are in seconds, budgets in tokens."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    provider: ProviderName
    model: str = Field(min_length=1, max_length=200)
    base_url: str | None = Field(None, max_length=500)
    api_key: SecretStr | None = None
    max_tokens: int = Field(4_096, ge=64, le=200_000, description="Maximum tokens of one answer.")
    timeout_s: float = Field(120, gt=0, le=900, description="Maximum duration of one call.")
    budget_tokens_per_day: int | None = Field(None, ge=0)
    input_price: float | None = Field(None, ge=0, description="Price of a million tokens that are sent.")
    output_price: float | None = Field(None, ge=0, description="Price of a million tokens that the model writes.")
    evidence_tokens: int = Field(12_000, ge=1_000, le=400_000, description="Maximum tokens of evidence in a prompt.")
    temperature: float | None = Field(None, ge=0, le=2)
    redaction: RedactionLevel = "standard"

    @property
    def url(self) -> str:
        """Return the base URL in the form that the client library expects."""
        url = (self.base_url or DEFAULT_BASE_URLS.get(self.provider, "")).rstrip("/")
        for path in _VERSION_PATHS.get(self.provider, ()):
            if url.endswith(path):
                return url.removesuffix(path)
        return url

    def price_of(self, input_tokens: int, output_tokens: int) -> float | None:
        """Return the price of tokens in the currency of the settings, None if a price is not set."""
        if self.input_price is None or self.output_price is None:
            return None
        return (input_tokens * self.input_price + output_tokens * self.output_price) / 1_000_000

    @property
    def key(self) -> str | None:
        """Return the API key in clear text."""
        return self.api_key.get_secret_value() if self.api_key else None


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
    "budget",
]
_RETRYABLE = frozenset({"rate_limit", "server", "unreachable", "timeout"})
_ADVICE: Mapping[FailureKind, str] = {
    "auth": "the provider rejected the API key; check it in the settings",
    "permission": "the API key does not allow this model; check its permissions and quota with the provider",
    "not_found": "the provider does not have this model or URL; check both in the settings",
    "invalid": "the provider rejected the request; check the model and its limits in the settings",
    "rate_limit": "the provider's rate limit or quota is exhausted; wait, or raise it with the provider",
    "server": "the provider failed; try again later",
    "unreachable": "the provider could not be reached; check the base URL and the network",
    "timeout": "the provider did not answer in time; try again or choose a faster model",
    "too_long": "the evidence exceeds the model's context; narrow the window or choose a model with a larger context",
    "blocked": "this base URL is not allowed",
    "bad_output": "the model's answer could not be read; choose a model that supports structured output",
    "refused": "the model declined to answer",
    "budget": "the project's daily token budget is used up; raise it in the settings or wait until 00:00 UTC",
}


class ProviderFailed(Exception):
    """The provider gave no usable answer. `message` holds the provider's own words, without the key."""

    def __init__(self, kind: FailureKind, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{_ADVICE[kind]} ({message})" if message else _ADVICE[kind])
        self.kind = kind
        self.message = message
        self.retry_after = retry_after
        """Seconds to wait before a retry, if the provider said so."""
        self.usage: ModelUsage | None = None
        """What the attempts cost, as far as the provider reported it."""

    @property
    def retryable(self) -> bool:
        """Return whether a retry may succeed."""
        return self.kind in _RETRYABLE


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """A model's answer as a JSON object, and what it cost."""

    value: dict[str, Any]
    usage: ModelUsage


OnText = Callable[[str], Awaitable[None]]
ShapeCheck = Callable[[dict[str, Any]], None]
"""Raises ValueError with a reason if an answer has the wrong shape."""


class LanguageModel(Protocol):
    """A language model of any provider."""

    async def ask(
        self,
        settings: ProviderSettings,
        messages: Sequence[PromptMessage],
        schema: Mapping[str, Any],
        check_shape: ShapeCheck,
        on_text: OnText,
        deadline: float,
    ) -> ModelAnswer:
        """Return an answer that fits a JSON schema, and stream its `summary` to `on_text`.

        `deadline` is a time of the event loop. Raises ProviderFailed.
        """
