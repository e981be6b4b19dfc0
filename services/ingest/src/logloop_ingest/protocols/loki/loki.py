"""Loki's push API: JSON, and protobuf in snappy. Labels and structured metadata become attributes."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from logloop_chassis.http.problems import BadRequest

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.json_values import InvalidLine, too_many_entries
from logloop_ingest.parsing.translated_entries import TranslatedEntry, entries_of
from logloop_ingest.protocols.answers import as_text, no_content
from logloop_ingest.protocols.loki.protobuf_requests import PushRequest, read_push_request
from logloop_ingest.protocols.protocol import Envelope, IntakeProtocol
from logloop_ingest.protocols.translation.severities import severity, severity_in
from logloop_ingest.protocols.translation.values import UNKNOWN_SERVICE, cut, first_text, service_id

_SERVICE = ("service_name", "service", "app", "application", "job", "container", "container_name")
_LEVEL = ("level", "severity", "detected_level", "lvl")
_SOURCE = ("source", "filename", "stream")
_LEVELS = frozenset(_LEVEL)
_PROTOBUF = frozenset({"application/x-protobuf", "application/vnd.google.protobuf"})
_LABEL = re.compile(r'\s*([a-zA-Z_:][\w:.]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_INVALID_VALUE = 'a value must be ["<nanoseconds since 1970>", "<line>", {"<name>": "<text>"}]'


class _Value(msgspec.Struct, array_like=True, gc=False):
    """A line: nanoseconds since 1970, its text, and structured metadata."""

    time: str
    line: str
    metadata: dict[str, Any] | None = None


class _Stream(msgspec.Struct):
    stream: dict[str, str]
    values: list[_Value]


class _Push(msgspec.Struct):
    streams: list[_Stream]


class _AnyStream(msgspec.Struct):
    stream: dict[str, str]
    values: list[Any]


class _AnyPush(msgspec.Struct):
    streams: list[_AnyStream]


_STRICT = msgspec.json.Decoder(_Push)
_LENIENT = msgspec.json.Decoder(_AnyPush)


class _Origin(NamedTuple):
    """What the labels of a stream say about each of its entries."""

    service_id: str
    severity: str | None
    test_id: str | None
    func_id: str | None
    source: str | None
    attributes: dict[str, Any]


def translate(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return the entries of a push request."""
    if envelope.media_type in _PROTOBUF:
        entries: list[TranslatedEntry | InvalidLine] = [*_from_protobuf(read_push_request(body), limits)]
    else:
        entries = _from_json(body, limits)
    return entries_of(entries, max_entries=limits.entries, has_times=True)


def _from_json(body: bytes, limits: Limits) -> list[TranslatedEntry | InvalidLine]:
    try:
        push = _STRICT.decode(body)
        _require_count(sum(len(stream.values) for stream in push.streams), limits)
        return [
            _entry(origin, int(value.time) // 1000, value.line, value.metadata, limits)
            for stream in push.streams
            for origin in (_origin(stream.stream),)
            for value in stream.values
        ]
    except (ValueError, RecursionError):
        return [*_from_json_with_errors(body, limits)]


def _from_json_with_errors(body: bytes, limits: Limits) -> Iterable[TranslatedEntry | InvalidLine]:
    """Yield the entries of a request some of whose values are invalid. Raises BadRequest or TooLarge."""
    try:
        push = _LENIENT.decode(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"not a Loki push request: {error}") from None
    _require_count(sum(len(stream.values) for stream in push.streams), limits)
    for stream in push.streams:
        origin = _origin(stream.stream)
        for item in stream.values:
            try:
                value = msgspec.convert(item, _Value)
                yield _entry(origin, int(value.time) // 1000, value.line, value.metadata, limits)
            except ValueError:
                yield InvalidLine(_INVALID_VALUE, b"")


def _require_count(count: int, limits: Limits) -> None:
    """Raise TooLarge for too many entries, before an object is made of each."""
    if count > limits.entries:
        raise too_many_entries(limits.entries)


def _from_protobuf(push: PushRequest, limits: Limits) -> Iterable[TranslatedEntry]:
    _require_count(sum(len(stream.entries) for stream in push.streams), limits)
    for stream in push.streams:
        origin = _origin(labels_of(stream.labels))
        for item in stream.entries:
            metadata = {pair.name: pair.value for pair in item.structuredMetadata}
            time = item.timestamp
            yield _entry(origin, time.seconds * 1_000_000 + time.nanos // 1000, item.line, metadata, limits)


def _origin(labels: dict[str, str]) -> _Origin:
    name = first_text(labels, _SERVICE)
    word = first_text(labels, _LEVEL)
    rest: dict[str, Any] = dict(labels)
    test, function, source = (_taken(rest, names) for names in (("test_id",), ("func_id",), _SOURCE))
    return _Origin(
        UNKNOWN_SERVICE if name is None else service_id(name),
        None if word is None else severity(word),
        test,
        function,
        source,
        rest,
    )


def _taken(labels: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """Remove and return the first of these labels that has a value."""
    return next((str(labels.pop(name)) for name in names if labels.get(name)), None)


def _entry(
    origin: _Origin, micros: int, line: str, metadata: dict[str, Any] | None, limits: Limits
) -> TranslatedEntry:
    level, attributes = origin.severity, origin.attributes
    if metadata:
        attributes = {**attributes, **metadata}
        if not _LEVELS.isdisjoint(metadata):
            level = severity(first_text(metadata, _LEVEL) or "") or level
    if len(line) * 4 > limits.message_bytes:
        line, attributes = cut(line, attributes, limits.message_bytes)
    return TranslatedEntry(
        origin.service_id,
        line,
        level or severity_in(line),
        micros,
        origin.test_id,
        origin.func_id,
        origin.source,
        attributes,
    )


def labels_of(text: str) -> dict[str, str]:
    """Return the labels of a selector such as `{app="shop", env="test"}`. Raises BadRequest."""
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise BadRequest(f'labels must look like {{app="shop"}}, not {text[:80]!r}')
    inner, labels, position = inner[1:-1].strip(), {}, 0
    while position < len(inner):
        found = _LABEL.match(inner, position)
        if found is None:
            raise BadRequest(f"labels cannot be read at {inner[position : position + 40]!r}")
        labels[found[1]] = _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), found[2])
        position = found.end()
    return labels


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
