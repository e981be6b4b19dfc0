"""Accepts a body in parts while it arrives, for clients that send everything since their saved place at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

from cachetools import FIFOCache
from fastapi import Request
from logloop_chassis.http.problems import BadRequest, RequestTimeout, TooManyRequests, Unavailable
from starlette.requests import ClientDisconnect

from logloop_ingest.accept import Result
from logloop_ingest.batching.duplicates import Digest, digest_of
from logloop_ingest.in_flight import Reservation
from logloop_ingest.protocols.protocol import Parts

LONGEST_S = 3600.0
PATIENCE_S = 120.0
"""How long a part waits during an outage, or for the limits of its key. Meanwhile nothing more is read."""
_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 5.0

_MAX_REMEMBERED = 20_000

Submit = Callable[[bytes], Awaitable[Result]]


class AcceptedParts:
    """The results of the latest parts that this process has accepted.

    A body that is sent again repeats its parts. They cost little then, and nothing of the limits of the key, so each
    attempt gets further than the one before it.
    """

    def __init__(self) -> None:
        self._results: FIFOCache[tuple[str, str | None, Digest], Result] = FIFOCache(_MAX_REMEMBERED)

    async def submit(self, part: bytes, caller_id: str, project_id: str | None, submit: Submit) -> Result:
        """Return the result of a part, which this caller may have sent before. Raises what `submit` raises."""
        key = caller_id, project_id, digest_of(part)
        result = self._results.get(key)
        if result is None:
            result = await submit(part)
            first = [replace(item, entry=None) for item in result.rejected[:1]]
            self._results[key] = replace(result, rejected=first)
        return result


async def accept_parts(
    request: Request, parts: Parts, submit: Submit, reservation: Reservation, *, timeout_s: float
) -> Result:
    """Submit the parts of a body one after the other, and return the result of all, with the first rejected entry.

    `timeout_s`: how long the client may be silent. Raises what `submit` raises, BadRequest and RequestTimeout; parts
    before that are stored, and are recognised when they are sent again.
    """
    total = Result()
    count = 0
    try:
        async with asyncio.timeout(LONGEST_S):
            async for chunk in _chunks(request, timeout_s):
                for part in parts.feed(chunk):
                    count = _add(total, await _patiently(submit, part), count)
                reservation.grow_to(parts.size)
            if rest := parts.finish():
                _add(total, await _patiently(submit, rest), count)
    except TimeoutError:
        raise RequestTimeout(f"a body may take {LONGEST_S:g} s; send it again, and begin later") from None
    return total


async def _chunks(request: Request, timeout_s: float) -> AsyncIterator[bytes]:
    chunks = request.stream()
    try:
        while True:
            async with asyncio.timeout(timeout_s):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield chunk
    except TimeoutError:
        raise RequestTimeout(f"nothing of the body has arrived for {timeout_s:g} s; send it again") from None
    except ClientDisconnect:
        raise BadRequest("the connection closed before the end of the body; send again") from None


async def _patiently(submit: Submit, part: bytes) -> Result:
    """Submit a part, again if it is refused for some time only. Raises what `submit` raises."""
    deadline = time.monotonic() + PATIENCE_S
    wait_s = _FIRST_WAIT_S
    while True:
        try:
            return await submit(part)
        except (TooManyRequests, Unavailable) as problem:
            asked_s = float(problem.headers.get("Retry-After", 0))
            if time.monotonic() + asked_s > deadline:
                raise
        await asyncio.sleep(min(wait_s, asked_s))
        wait_s = min(_LONGEST_WAIT_S, wait_s * 2)


def _add(total: Result, result: Result, count: int) -> int:
    """Add the result of a part after `count` entries. Return the number of entries with those of the part."""
    total.accepted += result.accepted
    if result.rejected and not total.rejected:
        first = result.rejected[0]
        total.rejected = [replace(first, index=count + first.index)]
    return count + result.accepted + len(result.rejected)
