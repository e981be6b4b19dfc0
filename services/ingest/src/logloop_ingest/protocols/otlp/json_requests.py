"""Reads the log records of an export request in JSON.

OTLP's JSON has names in camelCase, 64-bit integers as texts or numbers, and trace ids as hexadecimal digits.
"""

from typing import Any

import orjson
from logloop_chassis.http.problems import BadRequest

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.json_values import InvalidLine, too_many_entries
from logloop_ingest.parsing.translated_entries import TranslatedEntry
from logloop_ingest.protocols.otlp.records import (
    ReadRecords,
    attributes_of_origin,
    entry_of_record,
    pair_of,
    take_service,
)
from logloop_ingest.protocols.translation.shared_size import SharedSize
from logloop_ingest.protocols.translation.values import json_number

_INVALID_RECORD = "a log record must have the fields of OTLP's LogRecord with their types"
_SEVERITY_PREFIX = "SEVERITY_NUMBER_"
_GROUPS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


def records_of_json(body: bytes, limits: Limits, now_us: int) -> ReadRecords:
    """Return the entries of a request. Raises BadRequest, or TooLarge for too many records."""
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not JSON: {error}") from None
    read, shared = ReadRecords(), SharedSize(limits)
    try:
        for resource_logs in request.get("resourceLogs") or ():
            _read_resource(resource_logs, read, limits, now_us, shared)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise BadRequest("the body is not an ExportLogsServiceRequest in JSON") from None
    return read


def _read_resource(resource_logs: Any, read: ReadRecords, limits: Limits, now_us: int, shared: SharedSize) -> None:
    size = len(orjson.dumps(resource_logs.get("resource")))
    resource = attributes_of((resource_logs.get("resource") or {}).get("attributes"))
    service = take_service(resource)
    for scope_logs in resource_logs.get("scopeLogs") or ():
        scope = scope_logs.get("scope") or {}
        name, version = str(scope.get("name") or ""), str(scope.get("version") or "")
        records = scope_logs.get("logRecords") or ()
        shared.add(size + len(orjson.dumps(scope)), len(records))
        origin = attributes_of_origin(resource, name, version, attributes_of(scope.get("attributes")))
        if len(read.entries) + len(records) > limits.entries:
            raise too_many_entries(limits.entries)
        for record in records:
            try:
                nanos = int(record.get("timeUnixNano") or record.get("observedTimeUnixNano") or 0)
                entry: TranslatedEntry | InvalidLine = _entry(service, record, origin, nanos, limits, now_us)
                read.has_times = read.has_times and nanos > 0
            except (AttributeError, KeyError, TypeError, ValueError):
                entry = InvalidLine(_INVALID_RECORD, b"")
            read.entries.append(entry)


def _entry(
    service: str, record: dict[str, Any], origin: dict[str, Any], nanos: int, limits: Limits, now_us: int
) -> TranslatedEntry:
    own = attributes_of(record.get("attributes"))
    attributes = {**origin, **dict(pair_of(name, value) for name, value in own.items())}
    for name, field in (("trace_id", "traceId"), ("span_id", "spanId"), ("event.name", "eventName")):
        if record.get(field):
            attributes[name] = str(record[field])
    return entry_of_record(
        service,
        nanos // 1000 or now_us,
        _severity_number(record.get("severityNumber")),
        str(record.get("severityText") or ""),
        _value(record.get("body") or {}),
        attributes,
        limits,
    )


def _severity_number(value: Any) -> int:
    """Return a severity number, which may be the name of the enum value, such as SEVERITY_NUMBER_WARN2."""
    if not isinstance(value, str) or not value.startswith(_SEVERITY_PREFIX):
        return int(value or 0)
    name = value.removeprefix(_SEVERITY_PREFIX)
    group, step = (name[:-1], int(name[-1])) if name[-1:].isdigit() else (name, 1)
    return _GROUPS.index(group) * 4 + step if group in _GROUPS else 0


def attributes_of(pairs: Any) -> dict[str, Any]:
    """Return the values of a list of KeyValues by name. Raises KeyError, TypeError, ValueError or AttributeError."""
    return {str(pair["key"]): _value(pair.get("value") or {}) for pair in pairs or ()}


def _value(value: dict[str, Any]) -> Any:
    for kind, content in value.items():
        if kind == "arrayValue":
            return [_value(item) for item in content.get("values") or ()]
        if kind == "kvlistValue":
            return attributes_of(content.get("values"))
        if kind == "intValue":
            return int(content)
        if kind == "doubleValue":
            return json_number(float(content))
        return content
    return None
