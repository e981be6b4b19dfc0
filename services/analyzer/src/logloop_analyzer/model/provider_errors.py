"""Maps exceptions of the provider libraries to one kind of failure with the provider's own words.

It goes by class names and attributes, so that it need not import these libraries.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from logloop_chassis.outbound.egress import refusal_behind
from logloop_chassis.text.sanitise import sanitise, shorten

from logloop_analyzer.model.provider import FailureKind, ProviderFailed

_MAX_WORDS = 500
_BY_NAME: dict[str, FailureKind] = {
    "ContextOverflowError": "too_long",
    "ModelAuthenticationError": "auth",
    "ModelPermissionDeniedError": "permission",
    "ModelNotFoundError": "not_found",
    "ModelRateLimitError": "rate_limit",
    "ModelInvalidRequestError": "invalid",
    "ModelAPIError": "server",
    "ModelTimeoutError": "timeout",
    "StreamChunkTimeoutError": "timeout",
    "TimeoutException": "timeout",
    "ModelConnectionError": "unreachable",
    "ContentFilterFinishReasonError": "refused",
    "OpenAIRefusalError": "refused",
    "LengthFinishReasonError": "bad_output",
    "OutputParserException": "bad_output",
    "TransportError": "unreachable",
    "ConnectionError": "unreachable",
}
_BY_STATUS: dict[int, FailureKind] = {
    400: "invalid",
    401: "auth",
    402: "rate_limit",
    403: "permission",
    404: "not_found",
    408: "timeout",
    409: "server",
    413: "too_long",
    415: "invalid",
    422: "invalid",
    429: "rate_limit",
}
_OVERFLOW = re.compile(
    r"(?i)context.{0,20}(length|window)|maximum context|prompt is too long|too many tokens|"
    r"exceeds the maximum number of tokens"
)
_BAD_KEY = re.compile(r"(?i)api.?key.{0,20}(not valid|invalid|incorrect|expired)|(invalid|incorrect).{0,10}api.?key")
_RETRY_DELAY = re.compile(r'(?i)retry(?:delay"?: ?"| in |.after:? )(\d{1,6}(?:\.\d{1,6})?) ?s')
_NO_CREDIT = re.compile(r"(?i)insufficient_quota|credit balance|billing")


def provider_failure(error: BaseException, secret: str | None) -> ProviderFailed:
    """Return the failure behind an exception. `secret`, the API key, is removed from its words."""
    if isinstance(error, ProviderFailed):
        return error
    refused = refusal_behind(error)
    if refused is not None:
        return ProviderFailed("blocked", str(refused))
    chain = list(_chain(error))
    words = _words(chain, secret)
    kind = _kind(chain, words)
    if kind == "rate_limit" and _NO_CREDIT.search(f"{words} {getattr(error, 'code', '')}"):
        kind = "permission"
    return ProviderFailed(kind, words, retry_after=_retry_after(chain, words))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__


def _kind(chain: list[BaseException], words: str) -> FailureKind:
    for error in chain:
        status = _status(error)
        if isinstance(error, asyncio.TimeoutError | TimeoutError):
            return "timeout"
        if status in {400, 413, 422} and _OVERFLOW.search(words):
            return "too_long"
        if status == 400 and _BAD_KEY.search(words):
            return "auth"
        names = [cls.__name__ for cls in type(error).__mro__]
        for name in names:
            if name in _BY_NAME:
                return _BY_NAME[name]
        if status is not None:
            return "server" if status >= 500 else _BY_STATUS.get(status, "invalid")
        if isinstance(error, OSError):
            return "unreachable"
    return "bad_output"


def _status(error: BaseException) -> int | None:
    for value in (getattr(error, "status_code", None), getattr(error, "code", None)):
        if isinstance(value, int) and 400 <= value <= 599:
            return value
    return None


def _words(chain: list[BaseException], secret: str | None) -> str:
    found = next((text for error in chain if (text := _message_in(error))), None)
    text = found or str(chain[0]) or type(chain[0]).__name__
    if secret:
        text = text.replace(secret, "***")
    return shorten(" ".join(sanitise(text).split()), _MAX_WORDS)


def _message_in(error: BaseException) -> str | None:
    """Return the message in the body of the provider's response."""
    for body in (getattr(error, "body", None), getattr(error, "details", None), getattr(error, "error", None)):
        message = _find_message(body)
        if message:
            return message
    return None


def _find_message(body: Any, depth: int = 0) -> str | None:
    if isinstance(body, str):
        text = body.strip()
        if text.startswith(("{", "[")):
            try:
                return _find_message(json.loads(text), depth + 1) or text
            except ValueError:
                return text
        return text or None
    if isinstance(body, list) and body:
        return _find_message(body[0], depth + 1)
    if isinstance(body, dict) and depth < 4:
        return _find_message(body.get("error") or body.get("message") or body.get("detail"), depth + 1)
    return None


def _retry_after(chain: list[BaseException], words: str) -> float | None:
    for error in chain:
        headers = getattr(getattr(error, "response", None), "headers", None)
        if headers is None:
            continue
        try:
            if headers.get("retry-after-ms"):
                return max(0.0, float(headers["retry-after-ms"]) / 1000)
            value = headers.get("retry-after")
            if value:
                return _seconds(value)
        except (ValueError, TypeError):
            continue
    found = _RETRY_DELAY.search(words)
    return float(found.group(1)) if found else None


def _seconds(value: str) -> float:
    try:
        return max(0.0, float(value))
    except ValueError:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
