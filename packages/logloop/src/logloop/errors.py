"""What can go wrong between a program and the platform, each with what to do about it.

It must not import an HTTP library: the command line maps these to exit codes before one is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class LogloopError(Exception):
    """Base of every error of this package. `status` is the HTTP status, None when no answer came."""

    def __init__(self, message: str, *, status: int | None = None, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem: Mapping[str, Any] = problem or {}


class NotConfigured(LogloopError):
    """A setting is missing or unusable; nothing was sent."""


class Unreachable(LogloopError):
    """No answer came: refused, reset or timed out, also after the retries. A send may or may not be stored;
    sending again with the same idempotency key is safe."""


class Unavailable(LogloopError):
    """The server asked to come back later (429, 502, 503, 504), also after the retries.

    `retry_after` is in seconds, None when the server named no time.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        problem: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, problem=problem)
        self.retry_after = retry_after


class NotAuthenticated(LogloopError):
    """The key is missing, unknown, expired or revoked (401)."""


class NotAllowed(LogloopError):
    """The key is valid but may not do this (403)."""


class NotFound(LogloopError):
    """The record does not exist or may not be seen (404)."""


class Refused(LogloopError):
    """The request is wrong and will be refused again as it is (400, 409, 413, 415, 422)."""


class ServerFault(LogloopError):
    """The server failed (500 and other unexpected statuses)."""


_ADVICE = {
    401: "Set LOGLOOP_API_KEY to a valid key, or run `logloop login`.",
    403: "Use a key of this project with the needed scope, or ask an administrator for the role.",
}

_KINDS: dict[int, type[LogloopError]] = {401: NotAuthenticated, 403: NotAllowed, 404: NotFound}
RETRYABLE_STATUSES = frozenset({429, 502, 503, 504})


def describe_problem(status: int, problem: Mapping[str, Any]) -> str:
    """One or more sentences for people from a problem document (RFC 9457) and its status."""
    title = str(problem.get("title") or f"HTTP {status}")
    detail = str(problem.get("detail") or "")
    text = f"{title}: {detail}" if detail and detail != title else title
    for error in dict.fromkeys(map(describe_refusal, _errors(problem))):
        text += f"\n  {error}"
    if status in _ADVICE and not detail:
        text = f"{text.rstrip('.')}. {_ADVICE[status]}"
    return f"{text} (HTTP {status})"


def _errors(problem: Mapping[str, Any]) -> list[Any]:
    """The first reasons of a problem; one that the detail already gives says nothing new."""
    errors, detail = problem.get("errors"), str(problem.get("detail") or "")
    if not isinstance(errors, list):
        return []
    return [e for e in errors if not (isinstance(e, Mapping) and e.get("reason") and str(e["reason"]) in detail)][:5]


def describe_refusal(error: Any) -> str:
    """One reason of a refusal as text: the field, without the `body.` of the API, and what is wrong with it."""
    if not isinstance(error, Mapping):
        return str(error)
    place = error.get("field") or error.get("loc") or error.get("pointer") or ""
    if isinstance(place, list | tuple):
        place = ".".join(str(part) for part in place)
    place = str(place).removeprefix("body.")
    text = str(error.get("reason") or error.get("msg") or error.get("detail") or error.get("message") or dict(error))
    return f"{place}: {text}" if place else text


def error_for(status: int, problem: Mapping[str, Any], *, retry_after: float | None = None) -> LogloopError:
    """The error for an answer with `status` >= 400 (or an unexpected one) and its problem document."""
    text = describe_problem(status, problem)
    if status in RETRYABLE_STATUSES:
        return Unavailable(text, status=status, problem=problem, retry_after=retry_after)
    kind = _KINDS.get(status) or (Refused if 400 <= status < 500 else ServerFault)
    return kind(text, status=status, problem=problem)
