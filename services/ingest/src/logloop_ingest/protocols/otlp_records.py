"""Makes entries of OpenTelemetry's log records, whichever encoding they came in."""

from dataclasses import dataclass, field
from typing import Any

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.json_values import InvalidLine
from logloop_ingest.parsing.translated_entries import TranslatedEntry
from logloop_ingest.protocols.severities import severity, severity_in
from logloop_ingest.protocols.values import UNKNOWN_SERVICE, cut, first_text, service_id, text_of

SEVERITIES = ("", *("debug",) * 8, *("info",) * 4, *("warn",) * 4, *("error",) * 8)
"""The severity of each severity number; 0 is unspecified."""
_CANONICAL = frozenset({"", "debug", "info", "warn", "error", "DEBUG", "INFO", "WARN", "ERROR"})
_OF_FIELDS = frozenset(
    {
        *("test_id", "test.case.name"),
        *("func_id", "code.function.name", "code.function"),
        *("source", "log.iostream", "log.file.path"),
    }
)
"""Attributes that also fill a field of an entry."""


@dataclass(slots=True)
class ReadRecords:
    """The entries of a request in order; `has_times` says that each record stated its time."""

    entries: list[TranslatedEntry | InvalidLine] = field(default_factory=list)
    has_times: bool = True


def origin_of(resource: dict[str, Any], scope_name: str, scope_version: str, scope: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that a resource and a scope give to each of their records."""
    named = {"otel.scope.name": scope_name, "otel.scope.version": scope_version}
    return {**resource, **scope, **{name: value for name, value in named.items() if value}}


def service_of(resource: dict[str, Any]) -> str:
    """Return the service of a resource. SDKs report `unknown_service:<program>` if none is configured."""
    name = first_text(resource, ("service.name", "service_name"))
    return UNKNOWN_SERVICE if name is None else service_id(name)


def entry_of_record(
    service: str,
    micros: int,
    number: int,
    word: str,
    body: Any,
    attributes: dict[str, Any],
    limits: Limits,
) -> TranslatedEntry:
    """Return the entry of a log record. `attributes` are those of the record, its scope and its resource."""
    message = body if isinstance(body, str) else text_of(body)
    level = SEVERITIES[number] if 0 < number < len(SEVERITIES) else severity(word) or severity_in(message)
    if word not in _CANONICAL and word.lower() not in _CANONICAL:
        attributes["severity_text"] = word
    if len(message) * 4 > limits.message_bytes:
        message, attributes = cut(message, attributes, limits.message_bytes)
    if attributes.keys().isdisjoint(_OF_FIELDS):
        return TranslatedEntry(service, message, level, micros, attributes=attributes)
    get = attributes.get
    test = get("test_id") or get("test.case.name")
    function = get("func_id") or get("code.function.name") or get("code.function")
    source = get("source") or get("log.iostream") or get("log.file.path")
    return TranslatedEntry(
        service,
        message,
        level,
        micros,
        test if isinstance(test, str) else None,
        function if isinstance(function, str) else None,
        source if isinstance(source, str) else None,
        attributes,
    )
