"""Checks whether a provider accepts the saved credentials, and returns what its status means.

It makes one GET request for the list of models; no log text and no prompt is sent.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from logloop_chassis.outbound.egress import EgressGuard, EgressRefused, refusal_behind
from logloop_chassis.outbound.guarded_http import guarded_transport
from logloop_chassis.text.sanitise import sanitise

from logloop_analyzer.model.provider import ProviderSettings

TIMEOUT_S = 10.0
MAX_RESPONSE_BYTES = 1 << 20
_MAX_HEADER_BYTES = 1 << 16
_MODEL_NAME = re.compile(r"[\w.:/@+*-]{1,200}", re.ASCII)
_MAX_MODELS = 200


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether the credentials work. `status` is the provider's HTTP status, None if it did not answer."""

    ok: bool
    detail: str
    status: int | None = None
    models: list[str] = field(default_factory=list)


NO_PROVIDER = CheckResult(ok=False, detail="no provider is chosen; reports come without a model")


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    body: bytes
    complete: bool


class ProviderCheck:
    """Requests the model list of a provider, over connections that the egress guard checks."""

    def __init__(self, guard: EgressGuard) -> None:
        self._guard = guard

    async def check(self, settings: ProviderSettings) -> CheckResult:
        """Return whether the provider accepts the API key and lists the chosen model."""
        url, headers = _request(settings)
        key = settings.key or ""
        if not (key.isascii() and key.isprintable()):
            return CheckResult(ok=False, detail="the API key contains invalid characters; enter it again")
        try:
            async with asyncio.timeout(TIMEOUT_S):
                response = await self._get(url, headers)
        except EgressRefused as refusal:
            return CheckResult(ok=False, detail=str(refusal))
        except (TimeoutError, httpx.TimeoutException):
            detail = f"no answer from {urlsplit(url).hostname} within {TIMEOUT_S:g} s"
            return CheckResult(ok=False, detail=detail)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = f"no answer from {urlsplit(url).hostname}: {type(error).__name__}"
            return CheckResult(ok=False, detail=str(refusal_behind(error) or reason))
        return _result(response, settings)

    async def _get(self, url: str, headers: Mapping[str, str]) -> _Response:
        self._guard.check(url)
        scheme: Literal["http", "https"] = "https" if url.lower().startswith("https:") else "http"
        limit = MAX_RESPONSE_BYTES + _MAX_HEADER_BYTES
        transport = guarded_transport(self._guard, scheme, connection_bytes=limit)
        # Without compression, the bytes that are read are the bytes that are kept.
        headers = {**headers, "User-Agent": "logloop", "Accept-Encoding": "identity"}
        async with (
            httpx.AsyncClient(transport=transport, follow_redirects=False, timeout=TIMEOUT_S) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_RESPONSE_BYTES:
                    return _Response(response.status_code, bytes(body[:MAX_RESPONSE_BYTES]), complete=False)
        return _Response(response.status_code, bytes(body), complete=True)


def _request(settings: ProviderSettings) -> tuple[str, dict[str, str]]:
    """Return the URL of the model list and the headers with the API key."""
    key = settings.key or ""
    if settings.provider == "anthropic":
        return f"{settings.url}/v1/models", {"x-api-key": key, "anthropic-version": "2023-06-01"}
    if settings.provider == "google":
        return f"{settings.url}/v1beta/models", {"x-goog-api-key": key}
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if settings.provider == "ollama":
        return f"{settings.url}/api/tags", headers
    return f"{settings.url}/models", headers


def _result(response: _Response, settings: ProviderSettings) -> CheckResult:
    if response.status != httpx.codes.OK:
        return CheckResult(ok=False, detail=_meaning(response.status), status=response.status)
    if not response.complete:
        detail = f"the answer is longer than {MAX_RESPONSE_BYTES >> 20} MiB; check the base URL"
        return CheckResult(ok=False, detail=detail, status=response.status)
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return CheckResult(ok=False, detail="the answer is not JSON; check the base URL", status=response.status)
    names = _model_names(body, settings.key)
    wanted = settings.model
    if names and wanted not in names and f"{wanted}:latest" not in names:
        detail = f"the credentials work, but the provider lists no model {wanted!r}"
        return CheckResult(ok=False, detail=detail, status=response.status, models=names)
    detail = f"the provider answers; {len(names)} models"
    return CheckResult(ok=True, detail=detail, status=response.status, models=names)


def _model_names(body: Any, secret: str | None) -> list[str]:
    listed = (body.get("data") or body.get("models")) if isinstance(body, dict) else None
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    names = (str(item.get("id") or item.get("name", "")).removeprefix("models/") for item in items[:_MAX_MODELS])
    plain = (_without_secret(name, secret) for name in names)
    return [name for name in plain if _MODEL_NAME.fullmatch(name)]


def _meaning(status: int) -> str:
    """Return what a status says. The body is not repeated: the address may be any, and so may what it answers."""
    if status in {401, 403}:
        reason = "it does not accept the API key"
    elif status in {404, 405}:
        reason = "it has no list of models at this address; check the base URL"
    elif 300 <= status < 400:
        reason = "it redirects; enter the final address"
    elif status == httpx.codes.TOO_MANY_REQUESTS:
        reason = "it limits requests at the moment; try again later"
    elif status >= 500:
        reason = "it fails at the moment; try again later"
    else:
        reason = "it rejects the request; check the settings"
    return f"the provider answers with status {status}: {reason}"


def _without_secret(text: str, secret: str | None) -> str:
    plain = text.replace(secret, "***") if secret else text
    return " ".join(sanitise(plain).split())
