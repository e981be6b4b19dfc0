"""Remembers the latest keyed batches of this process, so that a repeat is answered without a second publish.

It must not be what keeps a repeat from being stored twice: query does that, for it stores a batch id once.
"""

import asyncio
import zlib
from collections import OrderedDict

from logloop_chassis.http.problems import Conflict

MAX_REMEMBERED = 20_000

Digest = tuple[int, int]


def digest_of(body: bytes) -> Digest:
    """Enough to tell a client of its mistake; nothing that is stored depends on it."""
    return len(body), zlib.crc32(body)


class Repeats:
    """Batch ids with the body they stood for and their confirm."""

    def __init__(self) -> None:
        self._items: OrderedDict[str, tuple[Digest, asyncio.Future[str]]] = OrderedDict()

    def find(self, batch_id: str, digest: Digest) -> "asyncio.Future[str] | None":
        """The confirm of this batch, under way or done. Raises Conflict when the body was another."""
        found = self._items.get(batch_id)
        if found is None or _failed(found[1]):
            return None
        if found[0] != digest:
            raise Conflict(
                "this Idempotency-Key was used for other entries; give each set of entries a key of its own"
            )
        return found[1]

    def remember(self, batch_id: str, digest: Digest, confirm: "asyncio.Future[str]") -> None:
        """Keep a batch until newer ones push it out, or its publish fails."""
        self._items[batch_id] = (digest, confirm)
        while len(self._items) > MAX_REMEMBERED:
            self._items.popitem(last=False)

        def forget_failure(done: "asyncio.Future[str]") -> None:
            kept = self._items.get(batch_id)
            if _failed(done) and kept is not None and kept[1] is done:
                del self._items[batch_id]

        confirm.add_done_callback(forget_failure)


def _failed(confirm: "asyncio.Future[str]") -> bool:
    return confirm.done() and (confirm.cancelled() or confirm.exception() is not None)
