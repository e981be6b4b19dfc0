"""Loki's push API: JSON, and protobuf in snappy."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import msgspec
from google.protobuf.message import DecodeError
from logloop_chassis.http.problems import BadRequest

from logloop_ingest.checking.attributes import decoded, texts_of
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.entry_columns import EntryColumns, joined
from logloop_ingest.parsing.json_values import InvalidLine, too_many_entries
from logloop_ingest.parsing.translated_entries import TranslatedEntry, entries_of, entries_of_columns
from logloop_ingest.protocols.answers import as_text, no_content
from logloop_ingest.protocols.loki.protobuf_requests import metadata_of, streams_of_protobuf
from logloop_ingest.protocols.loki.streams import Origin, labels_of, origin_of
from logloop_ingest.protocols.protocol import Envelope, IntakeProtocol
from logloop_ingest.protocols.translation.shared_size import SharedSize

_PROTOBUF = frozenset({"application/x-protobuf", "application/vnd.google.protobuf"})
_INVALID_VALUE = 'a value must be ["<nanoseconds since 1970>", "<line>", {"<name>": "<text>"}]'

_NO_METADATA = msgspec.Raw(b"null")


class _Value(msgspec.Struct, array_like=True, gc=False):
    """A line: nanoseconds since 1970, its text, and structured metadata."""

    time: str
    line: str
    metadata: dict[str, Any] | None = None


class _RawValue(msgspec.Struct, array_like=True, gc=False):
    """A line whose structured metadata may be anything."""

    time: str
    line: str
    metadata: msgspec.Raw = _NO_METADATA


class _Stream(msgspec.Struct):
    stream: msgspec.Raw
    values: list[_RawValue]


class _Push(msgspec.Struct):
    streams: list[_Stream]


class _AnyStream(msgspec.Struct):
    stream: dict[str, str]
    values: list[Any]


class _AnyPush(msgspec.Struct):
    streams: list[_AnyStream]


_LABELS = msgspec.json.Decoder(dict[str, str])
_STRICT = msgspec.json.Decoder(_Push)
_LENIENT = msgspec.json.Decoder(_AnyPush)


def translate(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return the entries of a push request."""
    if envelope.media_type in _PROTOBUF:
        return entries_of_columns(_from_protobuf(body, limits), has_times=True)
    try:
        columns = _from_json(body, limits)
    except (ValueError, RecursionError):
        return entries_of([*_from_json_with_errors(body, limits)], max_entries=limits.entries, has_times=True)
    return entries_of_columns(columns, has_times=True)


def _from_json(body: bytes, limits: Limits) -> EntryColumns:
    """Return the entries of a request. Raises ValueError or RecursionError if a value is invalid, TooLarge."""
    push = _STRICT.decode(body)
    _require_count(sum(len(stream.values) for stream in push.streams), limits)
    shared = SharedSize(limits)
    for stream in push.streams:
        shared.add(len(bytes(stream.stream)), len(stream.values))
    return joined([_columns(stream, limits) for stream in push.streams])


def _columns(stream: _Stream, limits: Limits) -> EntryColumns:
    origin = origin_of(bytes(stream.stream), _LABELS.decode)
    return origin.columns(
        [int(value.time) // 1000 for value in stream.values],
        [value.line for value in stream.values],
        origin.shared_by(texts_of([value.metadata for value in stream.values]), decoded),
        limits,
    )


def _from_json_with_errors(body: bytes, limits: Limits) -> Iterator[TranslatedEntry | InvalidLine]:
    """Yield the entries of a request some of whose values are invalid. Raises BadRequest or TooLarge."""
    try:
        push = _LENIENT.decode(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"not a Loki push request: {error}") from None
    _require_count(sum(len(stream.values) for stream in push.streams), limits)
    shared = SharedSize(limits)
    for stream in push.streams:
        shared.add(sum(map(len, chain(*stream.stream.items()))), len(stream.values))
        origin = Origin(stream.stream)
        for item in stream.values:
            try:
                value = msgspec.convert(item, _Value)
                columns = origin.columns(
                    [int(value.time) // 1000], [value.line], [origin.shared(value.metadata)], limits
                )
            except ValueError:
                yield InvalidLine(_INVALID_VALUE, b"")
            else:
                [row] = columns.rows()
                yield TranslatedEntry(**row)


def _require_count(count: int, limits: Limits) -> None:
    """Raise TooLarge for too many entries, before an object is made of each."""
    if count > limits.entries:
        raise too_many_entries(limits.entries)


def _from_protobuf(body: bytes, limits: Limits) -> EntryColumns:
    """Return the entries of a request. Raises BadRequest or TooLarge."""
    parts = []
    size = SharedSize(limits)
    try:
        for stream in streams_of_protobuf(body, limits):
            size.add(len(stream.labels), len(stream.lines))
            origin = origin_of(stream.labels, labels_of)
            shared = origin.shared_by(stream.metadata, metadata_of)
            parts.append(origin.columns(stream.micros, stream.lines, shared, limits))
    except DecodeError:
        raise BadRequest("the body is not a push request of Loki in protobuf") from None
    return joined(parts)


def encoding_of(envelope: Envelope, _body: bytes) -> str:
    """Return the encoding of a body: that of protobuf is snappy, whether a client states it or not."""
    return "snappy" if envelope.media_type in _PROTOBUF else envelope.headers.get("content-encoding", "")


LOKI = IntakeProtocol(
    name="loki",
    paths=("/loki/api/v1/push", "/api/prom/push"),
    translate=translate,
    accepted=no_content,
    refused=as_text,
    content_encoding=encoding_of,
)
