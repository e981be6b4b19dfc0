"""Reads the log records of an export request in JSON field by field, if it has the usual types.

Attributes stay JSON text, which repeats. `json_requests.py` reads what is not usual, record by record.
"""

from typing import Any

import msgspec
import orjson

from logloop_ingest.checking.attributes import texts_of
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.json_values import too_many_entries
from logloop_ingest.protocols.otlp.json_requests import attributes_of
from logloop_ingest.protocols.otlp.origins import Origin
from logloop_ingest.protocols.otlp.record_columns import ReadColumns, RecordFields, read_columns
from logloop_ingest.protocols.otlp.records import pair_of
from logloop_ingest.protocols.translation.memory import Memory
from logloop_ingest.protocols.translation.shared_size import SharedSize

_NO_OBJECT, _NO_LIST = msgspec.Raw(b"{}"), msgspec.Raw(b"[]")


class _Body(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    stringValue: str  # noqa: N815  # the names are those of OTLP


class _Record(msgspec.Struct, gc=False, rename="camel"):
    time_unix_nano: str | int = 0
    observed_time_unix_nano: str | int = 0
    severity_number: int = 0
    severity_text: str = ""
    body: _Body | None = None
    attributes: msgspec.Raw = _NO_LIST
    trace_id: str = ""
    span_id: str = ""
    event_name: str = ""


class _ScopeLogs(msgspec.Struct, rename="camel"):
    scope: msgspec.Raw = _NO_OBJECT
    log_records: list[_Record] = []


class _ResourceLogs(msgspec.Struct, rename="camel"):
    resource: msgspec.Raw = _NO_OBJECT
    scope_logs: list[_ScopeLogs] = []


class _Request(msgspec.Struct, rename="camel"):
    resource_logs: list[_ResourceLogs] = []


_DECODER = msgspec.json.Decoder(_Request)
_ORIGINS: Memory[Origin] = Memory()


def columns_of_json(body: bytes, limits: Limits, now_us: int) -> ReadColumns | None:
    """Return the entries of a request, None if a value has another type than usual. Raises TooLarge."""
    try:
        body.decode()  # what is not decoded below must be UTF-8 as well
        request = _DECODER.decode(body)
        if (
            sum(len(scope.log_records) for logs in request.resource_logs for scope in logs.scope_logs)
            > limits.entries
        ):
            raise too_many_entries(limits.entries)
        shared = SharedSize(limits)
        for logs in request.resource_logs:
            for scope in logs.scope_logs:
                shared.add(len(bytes(logs.resource)) + len(bytes(scope.scope)), len(scope.log_records))
        records = [
            _fields(_origin_of(bytes(logs.resource), bytes(scope.scope)), scope.log_records)
            for logs in request.resource_logs
            for scope in logs.scope_logs
        ]
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None
    return read_columns(records, limits, now_us)


def _fields(origin: Origin, records: list[_Record]) -> RecordFields:
    others = {
        "trace_id": [record.trace_id for record in records],
        "span_id": [record.span_id for record in records],
        "event.name": [record.event_name for record in records],
    }
    return RecordFields(
        origin.service_id,
        [int(record.time_unix_nano or record.observed_time_unix_nano) for record in records],
        [record.severity_number for record in records],
        [record.severity_text for record in records],
        [record.body.stringValue if record.body else "" for record in records],
        [origin[text] for text in texts_of([record.attributes for record in records])],
        {name: values for name, values in others.items() if any(values)},
    )


def _origin_of(resource: bytes, scope: bytes) -> Origin:
    return _ORIGINS.owner((resource, scope), len(resource) + len(scope), lambda: _origin(resource, scope))


def _origin(resource: bytes, scope: bytes) -> Origin:
    attributes = attributes_of((orjson.loads(resource) or {}).get("attributes"))
    found = orjson.loads(scope) or {}
    name, version = str(found.get("name") or ""), str(found.get("version") or "")
    return Origin(attributes, name, version, attributes_of(found.get("attributes")), _pairs, _ORIGINS)


def _pairs(encoded: bytes) -> list[tuple[str, Any]]:
    return [pair_of(name, value) for name, value in attributes_of(orjson.loads(encoded)).items()]
