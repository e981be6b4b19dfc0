"""Reads the streams of Loki's push request in protobuf (logproto.PushRequest), field by field.

The field numbers are those of Loki's pkg/push/push.proto: what its clients send of it.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.json_values import too_many_entries
from logloop_ingest.protocols.translation.protobuf_columns import canonical, column
from logloop_ingest.protocols.translation.protobuf_types import (
    BYTES,
    INT32,
    INT64,
    Field,
    add_message,
    message_classes,
)


class PushedStream(NamedTuple):
    """A stream: its labels as a selector, and its entries by field. `metadata_of` reads the metadata."""

    labels: str
    micros: list[int]
    lines: list[str]
    metadata: list[bytes]


def streams_of_protobuf(body: bytes, limits: Limits) -> Iterator[PushedStream]:
    """Yield the streams of a decompressed body. Raises DecodeError, or TooLarge for too many entries."""
    request = ENTRIES.FromString(body)
    if sum(len(stream.entries) for stream in request.streams) > limits.entries:
        raise too_many_entries(limits.entries)
    written = canonical(request)
    merged = _MERGED.FromString(written)
    encoded = _ENCODED.FromString(canonical(_METADATA.FromString(written)))
    for stream, columns, metadata in zip(request.streams, merged.streams, encoded.streams, strict=True):
        each, found = stream.entries, columns.entries
        seconds = column(found.timestamp.seconds, each, "timestamp.seconds", 0)
        nanos = column(found.timestamp.nanos, each, "timestamp.nanos", 0)
        yield PushedStream(
            stream.labels,
            [second * 1_000_000 + nano // 1000 for second, nano in zip(seconds, nanos, strict=True)],
            column(found.line, each, "line", ""),
            list(metadata.entries),
        )


def metadata_of(encoded: Iterable[bytes]) -> list[dict[str, str]]:
    """Return the structured metadata of entries. Raises DecodeError."""
    return [{pair.name: pair.value for pair in _ENTRY_METADATA.FromString(entry).metadata} for entry in encoded]


def _types(name: str, entries: Field, *fields: Field, repeated: bool = False) -> list[Any]:
    """Return the classes of a request and of its entries.

    `entries` is the field of a stream with its entries, and these have `fields`. `repeated`: times are lists.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"logloop/loki_{name}.proto", package="logloop", syntax="proto3")
    add_message(file, "Pair", Field("name", 1), Field("value", 2))
    add_message(file, "Time", Field("seconds", 1, INT64, repeated), Field("nanos", 2, INT32, repeated))
    add_message(file, "Entry", *fields)
    add_message(file, "Stream", Field("labels", 1), entries)
    add_message(file, "PushRequest", Field("streams", 1, ".logloop.Stream", repeated=True))
    return message_classes(file, "logloop.PushRequest", "logloop.Entry")


_TIME = Field("timestamp", 1, ".logloop.Time")
_PAIRS = Field("metadata", 3, ".logloop.Pair", repeated=True)
ENTRIES, _ = _types("entries", Field("entries", 2, ".logloop.Entry", repeated=True), _TIME, Field("line", 2), _PAIRS)
_MERGED, _ = _types(
    "merged", Field("entries", 2, ".logloop.Entry"), _TIME, Field("line", 2, repeated=True), repeated=True
)
_METADATA, _ENTRY_METADATA = _types("metadata", Field("entries", 2, ".logloop.Entry", repeated=True), _PAIRS)
_ENCODED, _ = _types("encoded", Field("entries", 2, BYTES, repeated=True))
