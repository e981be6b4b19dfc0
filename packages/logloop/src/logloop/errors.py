"""The errors of this package. Imports no HTTP library, so that the CLI can map errors and still start fast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class LogloopError(Exception):
    """Base of every error of this package.

    `status` is the HTTP status, None without a response. `retry_after` is the server's Retry-After in seconds.
    """

    retry_after: float | None = None

    def __init__(self, message: str, *, status: int | None = None, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem: Mapping[str, Any] = problem or {}


class NotConfigured(LogloopError):
    """A setting is missing or invalid; nothing was sent."""


class Unreachable(LogloopError):
    """No response: the connection was refused, reset or timed out, even after retries.

    Entries may or may not have been stored; sending them again with the same idempotency key is safe.
    """


class Unavailable(LogloopError):
    """The server is busy or unavailable (429, 502, 503, 504), even after retries."""

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
    """The key is valid but lacks the permission (403)."""


class NotFound(LogloopError):
    """The record does not exist or is not visible to the caller (404)."""


class Refused(LogloopError):
    """The request was rejected and would be again, unchanged (400, 409, 413, 415, 422)."""


class ServerFault(LogloopError):
    """The server failed (500 or another unexpected status)."""


_ADVICE = {
    401: "Set LOGLOOP_API_KEY to a valid key or run `logloop login`.",
    403: "Use a key of this project that has the required scope, or ask an administrator for the role.",
}

_KINDS: dict[int, type[LogloopError]] = {401: NotAuthenticated, 403: NotAllowed, 404: NotFound}
RETRYABLE_STATUSES = frozenset({429, 502, 503, 504})


def describe_problem(status: int, problem: Mapping[str, Any]) -> str:
    """Return a problem document (RFC 9457) and its status as readable text."""
    title = str(problem.get("title") or f"HTTP {status}")
    detail = str(problem.get("detail") or "")
    text = f"{title}: {detail}" if detail and detail != title else title
    for error in dict.fromkeys(map(describe_violation, _errors(problem))):
        text += f"\n  {error}"
    if status in _ADVICE and not detail:
        text = f"{text.rstrip('.')}. {_ADVICE[status]}"
    return f"{text} (HTTP {status})"


def _errors(problem: Mapping[str, Any]) -> list[Any]:
    """Return the first five errors of a problem, without those that its detail already contains."""
    errors, detail = problem.get("errors"), str(problem.get("detail") or "")
    if not isinstance(errors, list):
        return []
    return [e for e in errors if not (isinstance(e, Mapping) and e.get("reason") and str(e["reason"]) in detail)][:5]


def describe_violation(error: Any) -> str:
    """Return one violation as text: the field (without the API's `body.` prefix) and the reason."""
    if not isinstance(error, Mapping):
        return str(error)
    place = error.get("field") or error.get("loc") or error.get("pointer") or ""
    if isinstance(place, list | tuple):
        place = ".".join(str(part) for part in place)
    place = str(place).removeprefix("body.")
    text = str(error.get("reason") or error.get("msg") or error.get("detail") or error.get("message") or dict(error))
    return f"{place}: {text}" if place else text


def error_for(status: int, problem: Mapping[str, Any], *, retry_after: float | None = None) -> LogloopError:
    """Return the error for a response that is not a success, from its status and problem document."""
    text = describe_problem(status, problem)
    if status in RETRYABLE_STATUSES:
        return Unavailable(text, status=status, problem=problem, retry_after=retry_after)
    kind = _KINDS.get(status) or (Refused if 400 <= status < 500 else ServerFault)
    return kind(text, status=status, problem=problem)
