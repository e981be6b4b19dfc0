"""Remembers the latest batches with an idempotency key, so that a duplicate is answered without a second publish.

This saves work only: `key_store.py` recognises the keys of other processes, and query stores a batch id once.
"""

import asyncio
import hashlib
from typing import NamedTuple

from cachetools import FIFOCache
from logloop_chassis.http.problems import Conflict

MAX_REMEMBERED = 20_000

Digest = bytes


class BatchKey(NamedTuple):
    """What identifies the batches of a request, and the digest of its body.

    `is_content` says that the key follows from the body, so that it cannot stand for another one.
    """

    text: str
    digest: Digest
    is_content: bool = False


class OtherContent(Conflict):
    """An idempotency key was used before with other content."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used for other entries; use a new key for each set of entries")


def digest_of(body: bytes) -> Digest:
    """Return 16 bytes that tell two bodies apart. Stored digests depend on it, so it never changes."""
    return hashlib.blake2b(body, digest_size=16, person=b"logloop-content").digest()


class RecentBatches:
    """Batch ids of this process with the digest of their request body and their confirm."""

    def __init__(self) -> None:
        self._batches: FIFOCache[str, tuple[Digest, asyncio.Future[str]]] = FIFOCache(MAX_REMEMBERED)

    def find(self, batch_id: str, digest: Digest) -> "asyncio.Future[str] | None":
        """Return the confirm of a batch, pending or done. Raises OtherContent when its body was different."""
        found = self._batches.get(batch_id)
        if found is None or _failed(found[1]):
            return None
        if found[0] != digest:
            raise OtherContent
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
