"""Makes entries of JSON documents that have no fixed fields, by the names that are usual for each field."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.translated_entries import TranslatedEntry
from logloop_ingest.protocols.translation.severities import of_syslog, severity, severity_in
from logloop_ingest.protocols.translation.values import UNKNOWN_SERVICE, cut, micros, service_id, text_of


class FieldNames(NamedTuple):
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
    stated_time = _take(rest, names.timestamp, lambda value: micros(value) is not None)
    at = micros(stated_time) if stated_time is not None else time_us
    stated_service = _take(rest, names.service, _is_text)
    level = _level(rest, names)
    test, function, source = (_take(rest, group, _is_text) for group in (names.test, names.function, names.source))
    message = _take(rest, names.message, lambda value: value is not None and value != "")
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


def _level(rest: dict[str, Any], names: FieldNames) -> str | None:
    """Return the severity that a document states. An unknown word stays an attribute; an alias does as well."""
    stated = _find(rest, names.severity, lambda value: isinstance(value, str | int))
    if isinstance(stated, str):
        found = severity(stated)
        if found == stated:
            _take(rest, names.severity, lambda value: value == stated)
        return found
    if isinstance(stated, int) and not isinstance(stated, bool):
        return of_number(stated)
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


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _reference(value: Any, limits: Limits) -> str | None:
    return str(value)[: limits.reference_length] if value else None


def _find(document: Mapping[str, Any], names: tuple[str, ...], fits: Any) -> Any:
    for name in names:
        value = document.get(name)
        if value is None and "." in name:
            value = _nested(document, name)
        if value is not None and fits(value):
            return value
    return None


def _take(rest: dict[str, Any], names: tuple[str, ...], fits: Any) -> Any:
    """Return the first value that fits, and remove it if it is at the top level; nested ones stay attributes."""
    for name in names:
        value = rest.get(name)
        if value is not None and fits(value):
            del rest[name]
            return value
        if value is None and "." in name:
            value = _nested(rest, name)
            if value is not None and fits(value):
                return value
    return None


def _nested(document: Mapping[str, Any], path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
