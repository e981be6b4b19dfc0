"""A stored segment, and how it is written as a document of MongoDB."""

from dataclasses import dataclass
from datetime import datetime

from bson.binary import Binary
from logloop_chassis.database.client import Document
from logloop_contracts.patterns.masking import FIRST_VERSION

from logloop_query.logs.segments.codec import FORMAT, LASTING_LOGS, Segment

TIERS = (512, 4096, LASTING_LOGS)
"""Upper bounds of tiers 0, 1 and 2 in logs. Larger segments are not compacted."""


class UnknownFormat(Exception):
    """A newer version has written a segment."""


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A whole segment document."""

    id: str
    revision: int
    segment: Segment
    stored_at: datetime
    expires_at: datetime


def tier_of(count: int) -> int:
    """Return the compaction tier of a segment with this many logs."""
    return sum(count >= bound for bound in TIERS)


def document_of(stored: StoredSegment) -> Document:
    """Return the document of a segment."""
    segment = stored.segment
    tier = tier_of(segment.count)
    return {
        "_id": stored.id,
        "v": FORMAT,
        "project_id": segment.project_id,
        "hour": segment.hour,
        "min_ts": segment.min_ts,
        "max_ts": segment.max_ts,
        "count": segment.count,
        "size": segment.stored_bytes,
        "raw_bytes": segment.raw_bytes,
        "revision": stored.revision,
        "tier": tier,
        **({"small": True} if tier < len(TIERS) else {}),
        "stored_at": stored.stored_at,
        "expires_at": stored.expires_at,
        "parts": list(segment.parts),
        "summary": Binary(segment.summary),
        "patterns": Binary(segment.patterns),
        "pattern_version": segment.pattern_version,
        **({"variables": Binary(segment.variables)} if segment.variables else {}),
        "columns": {name: Binary(column) for name, column in segment.columns.items()},
    }


def check_format(document: Document) -> None:
    """Raise UnknownFormat when a newer version has written a segment."""
    if document["v"] > FORMAT:
        raise UnknownFormat(f"a segment has format {document['v']}, and this query reads up to {FORMAT}; update it")


def stored_of(document: Document) -> StoredSegment:
    """Return the segment of a document. Raises UnknownFormat."""
    check_format(document)
    segment = Segment(
        document["project_id"],
        document["hour"],
        tuple(document["parts"]),
        document["count"],
        document["min_ts"],
        document["max_ts"],
        document["raw_bytes"],
        document["columns"],
        document["summary"],
        document["patterns"],
        document.get("pattern_version", FIRST_VERSION),
        document.get("variables", b""),
    )
    return StoredSegment(
        document["_id"], document["revision"], segment, document["stored_at"], document["expires_at"]
    )
