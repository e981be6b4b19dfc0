"""Responses of GitHub's REST API, and what an unsuccessful one means."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from logloop_ci_bridge.dispatches.outbox import DispatchDeferred, DispatchRejected, OutcomeUnknown
from logloop_ci_bridge.github.gateway import GitHubRejected, GitHubUnavailable

_SECONDARY_LIMIT_S = 60.0
_MAX_WAIT_S = 86_400.0
"""GitHub asks for an hour at most. A server that a project names may ask for anything."""
_MAX_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class GitHubResponse:
    """A response with the part of its body that was read. Names of headers are in lower case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


def failure_of(response: GitHubResponse) -> DispatchRejected | DispatchDeferred | OutcomeUnknown | None:
    """Return what an unsuccessful response means, None for a success."""
    status = response.status_code
    if status < 300:
        return None
    message = _message(response)
    if status >= 500:
        return OutcomeUnknown(status=status, detail=message)
    wait_s = _requested_wait_s(response)
    if status == 429 or (status == 403 and (wait_s is not None or "rate limit" in message.lower())):
        retry_after_s = _SECONDARY_LIMIT_S if wait_s is None else wait_s
        used_up = response.headers.get("x-ratelimit-remaining") == "0"
        return DispatchDeferred(
            status=status,
            detail=message,
            retry_after_s=retry_after_s,
            waits_for="rate_limit" if used_up else "secondary_limit",
        )
    return DispatchRejected(status=status, detail=message)


def raise_failure(response: GitHubResponse) -> None:
    """Raise GitHubRejected or GitHubUnavailable unless the response is a success."""
    failure = failure_of(response)
    if isinstance(failure, DispatchRejected):
        raise GitHubRejected(failure.status, failure.detail)
    if failure is not None:
        wait_s = failure.retry_after_s if isinstance(failure, DispatchDeferred) else None
        raise GitHubUnavailable(failure.detail, retry_after_s=wait_s)


def read_json(response: GitHubResponse) -> Any:
    """Return the JSON of a response. Raises GitHubUnavailable when the body is not JSON."""
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        raise GitHubUnavailable(f"GitHub answered {response.status_code} with a body that is not JSON") from error


def _requested_wait_s(response: GitHubResponse) -> float | None:
    after = response.headers.get("retry-after", "")
    if after.isdigit():
        return min(_MAX_WAIT_S, float(after))
    reset_at = quota_reset_at(response)
    return None if reset_at is None else max(1.0, reset_at - time.time())


def quota_reset_at(response: GitHubResponse) -> float | None:
    """Return when the hourly limit begins again (Unix time), if a response says that it is used up."""
    reset = response.headers.get("x-ratelimit-reset", "")
    if response.headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return min(time.time() + _MAX_WAIT_S, float(reset))
    return None


def _message(response: GitHubResponse) -> str:
    """GitHub's own message with its field errors, shortened."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = {}
    if not isinstance(body, dict) or not body.get("message"):
        return f"GitHub answered {response.status_code}"
    message = str(body["message"])
    errors = body.get("errors")
    if errors:
        message += f" ({orjson.dumps(errors).decode()})"
    if response.status_code == 404:
        message += ": the repository or workflow does not exist, or the credentials may not write to it"
    return message[:_MAX_MESSAGE]
