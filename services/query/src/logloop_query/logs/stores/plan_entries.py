"""Decodes the entries of plans: what the index says about each segment.

Each search reads the entries of its time range, so that it sees every change. Nearly all of them are as in the search
before, byte for byte, and need no decoding.
"""

import bson

from logloop_query.logs.search.plan import SegmentRef

PLAN_FIELDS = ("min_ts", "max_ts", "hour", "count", "size", "revision")
_MOST = 20_000
"""Remembered entries: an estimated 10 MB."""
_LENGTH_BYTES = 4


class PlanEntries:
    """Segments by the bytes of their entry."""

    def __init__(self, most: int = _MOST) -> None:
        self._known: dict[bytes, SegmentRef] = {}
        self._most = most

    def refs(self, batch: bytes) -> list[SegmentRef]:
        """Return the segments of a batch of BSON documents with `PLAN_FIELDS`, in their order."""
        known = self._known
        found: list[SegmentRef] = []
        start = 0
        while start < len(batch):
            end = start + int.from_bytes(batch[start : start + _LENGTH_BYTES], "little")
            entry = batch[start:end]
            ref = known.get(entry)
            if ref is None:
                if len(known) >= self._most:
                    known.clear()
                ref = known[entry] = _ref_of(entry)
            found.append(ref)
            start = end
        return found


def _ref_of(entry: bytes) -> SegmentRef:
    item = bson.decode(entry)
    return SegmentRef(
        item["_id"], item["revision"], item["hour"], item["min_ts"], item["max_ts"], item["count"], item["size"]
    )
