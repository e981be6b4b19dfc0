"""Remembers the latest batches with an idempotency key, so that a duplicate is answered without a second publish.

This saves work only: query stores a batch id once, whatever this process remembers.
"""

import asyncio
import zlib

from cachetools import FIFOCache
from logloop_chassis.http.problems import Conflict

MAX_REMEMBERED = 20_000

Digest = tuple[int, int]


def digest_of(body: bytes) -> Digest:
    """Return a digest that tells two bodies apart unless they are made to collide; no stored data depends on it."""
    return len(body), zlib.crc32(body)


class RecentBatches:
    """Batch ids of this process with the digest of their request body and their confirm."""

    def __init__(self) -> None:
        self._batches: FIFOCache[str, tuple[Digest, asyncio.Future[str]]] = FIFOCache(MAX_REMEMBERED)

    def find(self, batch_id: str, digest: Digest) -> "asyncio.Future[str] | None":
        """Return the confirm of a batch, pending or done. Raises Conflict when its body was different."""
        found = self._batches.get(batch_id)
        if found is None or _failed(found[1]):
            return None
        if found[0] != digest:
            raise Conflict("this Idempotency-Key was used for other entries; use a new key for each set of entries")
        return found[1]

    def remember(self, batch_id: str, digest: Digest, confirm: "asyncio.Future[str]") -> None:
        """Keep a batch until newer ones replace it, or its publish fails."""
        self._batches[batch_id] = (digest, confirm)

        def forget_failure(done: "asyncio.Future[str]") -> None:
            kept = self._batches.get(batch_id)
            if _failed(done) and kept is not None and kept[1] is done:
                del self._batches[batch_id]

        confirm.add_done_callback(forget_failure)


def _failed(confirm: "asyncio.Future[str]") -> bool:
    return confirm.done() and (confirm.cancelled() or confirm.exception() is not None)
