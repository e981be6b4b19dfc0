"""Makes entries of OpenTelemetry's log records, whichever encoding they came in."""

from dataclasses import dataclass, field
from typing import Any

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.json_values import InvalidLine
from logloop_ingest.parsing.translated_entries import TranslatedEntry
from logloop_ingest.protocols.translation.severities import severity, severity_in
from logloop_ingest.protocols.translation.values import UNKNOWN_SERVICE, cut, first_text, service_id, text_of

SEVERITIES = ("", *("debug",) * 8, *("info",) * 4, *("warn",) * 4, *("error",) * 8)
"""The severity of each severity number; 0 is unspecified."""
_CANONICAL = frozenset({"", "debug", "info", "warn", "error", "DEBUG", "INFO", "WARN", "ERROR"})
_TEST, _FUNCTION, _SOURCE = "\0test", "\0function", "\0source"
_FIELD_OF = {
    "test_id": _TEST,
    "test.case.name": _TEST,
    "func_id": _FUNCTION,
    "code.function.name": _FUNCTION,
    "source": _SOURCE,
    "log.iostream": _SOURCE,
    "log.file.path": _SOURCE,
}


@dataclass(slots=True)
class ReadRecords:
    """The entries of a request in order; `has_times` says that each record stated its time."""

    entries: list[TranslatedEntry | InvalidLine] = field(default_factory=list)
    has_times: bool = True


def attributes_of_origin(
    resource: dict[str, Any], scope_name: str, scope_version: str, scope: dict[str, Any]
) -> dict[str, Any]:
    """Return the attributes that a resource and a scope give to each of their records."""
    named = {"otel.scope.name": scope_name, "otel.scope.version": scope_version}
    return {**resource, **scope, **{name: value for name, value in named.items() if value}}


def take_service(resource: dict[str, Any]) -> str:
    """Return the service of a resource. SDKs report `unknown_service:<program>` if none is configured.

    The name stays an attribute only if it is not the id of the service.
    """
    name = first_text(resource, ("service.name",))
    if name is None:
        return UNKNOWN_SERVICE
    service = service_id(name)
    if service == name:
        del resource["service.name"]
    return service


def entry_of_record(
    service: str,
    micros: int,
    number: int,
    word: str,
    body: Any,
    attributes: dict[str, Any],
    limits: Limits,
) -> TranslatedEntry:
    """Return the entry of a log record. `attributes` are named by `pair_of`; the entry takes some of them away."""
    message = body if isinstance(body, str) else text_of(body)
    level = SEVERITIES[number] if 0 < number < len(SEVERITIES) else severity(word) or severity_in(message)
    if not is_canonical(word):
        attributes["severity_text"] = word
    if len(message) * 4 > limits.message_bytes:
        message, attributes = cut(message, attributes, limits.message_bytes)
    test, function, source = take_fields(attributes)
    return TranslatedEntry(service, message, level, micros, test, function, source, attributes or None)


def is_canonical(word: str) -> bool:
    """Return whether a severity says no more than the severity of an entry."""
    return word in _CANONICAL or word.lower() in _CANONICAL


def take_fields(attributes: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    """Remove and return test, function and source from attributes that are named by `pair_of`."""
    take = attributes.pop
    return take(_TEST, None), take(_FUNCTION, None), take(_SOURCE, None)


def pair_of(name: str, value: Any) -> tuple[str, Any]:
    """Return the name under which `entry_of_record` takes an attribute, and its value.

    Attributes that are a field of an entry have a name of their own.
    """
    field_name = _FIELD_OF.get(name)
    return (name, value) if field_name is None or not isinstance(value, str) or not value else (field_name, value)
