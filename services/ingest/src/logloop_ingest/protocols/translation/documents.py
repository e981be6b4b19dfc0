"""Makes entries of JSON documents that have no fixed fields, by the names that are usual for each field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.translated_entries import TranslatedEntry
from logloop_ingest.protocols.translation.severities import of_syslog, severity, severity_in
from logloop_ingest.protocols.translation.values import UNKNOWN_SERVICE, cut, micros, service_id, text_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class FieldNames:
    """The names of each field in a document: the first that is there wins. One with dots also names nested fields."""

    message: tuple[str, ...] = ("message", "msg", "log", "body", "event.original", "text")
    timestamp: tuple[str, ...] = ("@timestamp", "timestamp", "time", "ts", "date", "@t")
    severity: tuple[str, ...] = ("log.level", "level", "severity", "status", "loglevel", "levelname", "lvl")
    service: tuple[str, ...] = (
        "service.name", "service", "service_name", "service_id", "app", "application",
        "kubernetes.container_name", "kubernetes.container.name", "container_name", "logger_name",
    )  # fmt: skip
    test: tuple[str, ...] = ("test_id",)
    function: tuple[str, ...] = ("func_id", "log.origin.function")
    source: tuple[str, ...] = ("source", "stream", "log.file.path", "filename")


ANY = FieldNames()


class DocumentEntry(NamedTuple):
    """An entry, and whether the document stated its time."""

    entry: TranslatedEntry
    has_time: bool


class _Place(NamedTuple):
    """Where a value may be in a document: its name, and the names of the objects that it is nested in."""

    name: str
    path: tuple[str, ...] = ()


Places = tuple[tuple[_Place, ...], ...]
"""The places of each field, in the order of FieldNames, that a document can have."""
_MAX_REMEMBERED_NAMES = 64
_MAX_REMEMBERED_LENGTH = 2048


def _find_places(names: FieldNames, present: tuple[str, ...]) -> Places:
    """Return where the fields can be in a document with these names at its top level."""
    known = frozenset(present)
    groups = (names.message, names.timestamp, names.severity, names.service, names.test, names.function, names.source)
    return tuple(
        tuple(
            _Place(name, path if path[0] in known else ())
            for name in group
            for path in (tuple(name.split(".")),)
            if name in known or (len(path) > 1 and path[0] in known)
        )
        for group in groups
    )


_remembered_places = lru_cache(256)(_find_places)


def _places(names: FieldNames, document: Mapping[str, Any]) -> Places:
    """Return where the fields can be in a document. The documents of a sender have few sets of names."""
    present = tuple(document)
    if len(present) > _MAX_REMEMBERED_NAMES or len("".join(present)) > _MAX_REMEMBERED_LENGTH:
        return _find_places(names, present)
    return _remembered_places(names, present)


def entry_of_document(
    document: Mapping[str, Any],
    *,
    limits: Limits,
    now_us: int,
    names: FieldNames = ANY,
    service: str | None = None,
    time_us: int | None = None,
) -> DocumentEntry:
    """Return the entry of a document. What becomes no field of the entry becomes attributes.

    `service` and `time_us` are used if the document states none; then the service is `unknown` and the time that of
    the server. A document without a message is its own message, as JSON.
    """
    rest = dict(document)
    messages, times, severities, services, tests, functions, sources = _places(names, document)
    stated_time = _take(rest, times, micros)
    at = time_us if stated_time is None else stated_time
    stated_service = _take(rest, services, _text)
    level = _level(rest, severities)
    test, function, source = (_take(rest, places, _text) for places in (tests, functions, sources))
    message = _take(rest, messages, _content)
    text = text_of(document) if message is None else text_of(message)
    cut_text, attributes = cut(text, {} if message is None else rest, limits.message_bytes)
    entry = TranslatedEntry(
        service_id(stated_service) if stated_service else (service or UNKNOWN_SERVICE),
        cut_text,
        level or severity_in(text),
        now_us if at is None else at,
        _reference(test, limits),
        _reference(function, limits),
        _reference(source, limits),
        attributes or None,
    )
    return DocumentEntry(entry, at is not None)


def _level(rest: dict[str, Any], places: tuple[_Place, ...]) -> str | None:
    """Return the severity that a document states. An unknown word stays an attribute; an alias does as well."""
    for place in places:
        value = rest.get(place.name)
        is_nested = value is None and bool(place.path)
        if is_nested:
            value = _nested(rest, place.path)
        if isinstance(value, str):
            found = severity(value)
            if found == value and not is_nested:
                del rest[place.name]
            return found
        if isinstance(value, int):
            return None if isinstance(value, bool) else of_number(value)
    return None


def of_number(level: int) -> str | None:
    """Return the severity of a number: 0 to 7 as in syslog, 10 to 60 as in pino and bunyan."""
    if 0 <= level <= 7:
        return of_syslog(level)
    if level in {10, 20}:
        return "debug"
    if level == 30:
        return "info"
    if level == 40:
        return "warn"
    return "error" if level in {50, 60} else None


def _text(value: Any) -> str | None:
    """Return a text with characters other than blanks."""
    return value if isinstance(value, str) and value.strip() else None


def _content(value: Any) -> Any:
    """Return what a message can be made of: anything but an empty text."""
    return None if value == "" else value


def _reference(value: Any, limits: Limits) -> str | None:
    return str(value)[: limits.reference_length] if value else None


def _take(rest: dict[str, Any], places: tuple[_Place, ...], read: Callable[[Any], T | None]) -> T | None:
    """Return the first value that can be read, and remove it if it is at the top level."""
    for name, path in places:
        value = rest.get(name)
        is_nested = value is None
        if is_nested and path:
            value = _nested(rest, path)
        if value is not None and (found := read(value)) is not None:
            if not is_nested:
                del rest[name]
            return found
    return None


def _nested(document: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = document
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
