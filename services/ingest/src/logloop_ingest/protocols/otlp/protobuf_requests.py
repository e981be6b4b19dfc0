"""Reads the log records of an export request in protobuf.

The generated classes make a Python object of each attribute and each value, which takes most of the time. So the
request is read with types that keep attributes and bodies as the bytes that were sent. Attributes repeat, and a cache
has the values of most of them.
"""

from functools import lru_cache
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.message import DecodeError
from logloop_chassis.http.problems import BadRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.json_values import too_many_entries
from logloop_ingest.protocols.otlp.records import ReadRecords, entry_of_record, origin_of, pair_of, take_service
from logloop_ingest.protocols.translation.protobuf_types import (
    BYTES,
    FIXED64,
    INT32,
    Field,
    add_message,
    message_class,
)
from logloop_ingest.protocols.translation.values import json_number

_MAX_CACHED = 16_384
_MAX_CACHED_BYTES = 256
"""The size of an attribute up to which it is cached: at most 4 MiB in all."""
_STRING_TAG = 0x0A
_ONE_BYTE_LENGTH = 0x80


def records_of_protobuf(body: bytes, limits: Limits, now_us: int) -> ReadRecords:
    """Return the entries of a request. Raises BadRequest, or TooLarge for too many records."""
    request = _REQUEST()
    read = ReadRecords()
    try:
        request.ParseFromString(body)
        for resource_logs in request.resource_logs:
            resource = _attributes(Resource.FromString(resource_logs.resource).attributes)
            service = take_service(resource)
            for scope_logs in resource_logs.scope_logs:
                _read_scope(scope_logs, service, resource, read, limits, now_us)
    except DecodeError:
        raise BadRequest("the body is not an ExportLogsServiceRequest in protobuf") from None
    return read


def _read_scope(
    scope_logs: Any, service: str, resource: dict[str, Any], read: ReadRecords, limits: Limits, now_us: int
) -> None:
    scope = InstrumentationScope.FromString(scope_logs.scope)
    origin = origin_of(resource, scope.name, scope.version, _attributes(scope.attributes))
    records = scope_logs.log_records
    if len(read.entries) + len(records) > limits.entries:
        raise too_many_entries(limits.entries)
    for record in records:
        nanos = record.time_unix_nano or record.observed_time_unix_nano
        if not nanos:
            read.has_times = False
        read.entries.append(
            entry_of_record(
                service,
                nanos // 1000 or now_us,
                record.severity_number,
                record.severity_text,
                _value_of(record.body),
                _record_attributes(record, origin),
                limits,
            )
        )


def _record_attributes(record: Any, origin: dict[str, Any]) -> dict[str, Any]:
    attributes = origin.copy()
    attributes.update(
        [
            _cached_pair(encoded) if len(encoded) <= _MAX_CACHED_BYTES else _decoded_pair(encoded)
            for encoded in record.attributes
        ]
    )
    if trace_id := record.trace_id:
        attributes["trace_id"] = trace_id.hex()
    if span_id := record.span_id:
        attributes["span_id"] = span_id.hex()
    if event_name := record.event_name:
        attributes["event.name"] = event_name
    return attributes


def _decoded_pair(encoded: bytes) -> tuple[str, Any]:
    """Return the name and value of a KeyValue. Callers must not change the value, which may be shared."""
    pair = KeyValue.FromString(encoded)
    return pair_of(pair.key, _value(pair.value))


_cached_pair = lru_cache(_MAX_CACHED)(_decoded_pair)


def _value_of(encoded: bytes) -> Any:
    """Return the value of an AnyValue. Most bodies are a text, which is read without a message object."""
    if len(encoded) < 2 or encoded[0] != _STRING_TAG:
        return _value(AnyValue.FromString(encoded))
    size, start = encoded[1], 2
    if size >= _ONE_BYTE_LENGTH and len(encoded) > 2:
        size, start = size - _ONE_BYTE_LENGTH + (encoded[2] << 7), 3
    if start + size != len(encoded):  # a longer text, or another field after it
        return _value(AnyValue.FromString(encoded))
    return encoded[start:].decode("utf-8", "replace")


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    """Return an AnyValue as a JSON value; bytes become hexadecimal digits."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return value.bytes_value.hex()
    if kind == "double_value":
        return json_number(value.double_value)
    return getattr(value, kind)


def _request_type() -> Any:
    """Return the class of a request, with the field numbers of opentelemetry/proto/logs/v1/logs.proto."""
    file = descriptor_pb2.FileDescriptorProto(name="logloop/otlp_logs.proto", package="logloop", syntax="proto3")
    add_message(
        file,
        "LogRecord",
        Field("time_unix_nano", 1, FIXED64),
        Field("severity_number", 2, INT32),
        Field("severity_text", 3),
        Field("body", 5, BYTES),
        Field("attributes", 6, BYTES, repeated=True),
        Field("trace_id", 9, BYTES),
        Field("span_id", 10, BYTES),
        Field("observed_time_unix_nano", 11, FIXED64),
        Field("event_name", 12),
    )
    records = Field("log_records", 2, ".logloop.LogRecord", repeated=True)
    add_message(file, "ScopeLogs", Field("scope", 1, BYTES), records)
    scopes = Field("scope_logs", 2, ".logloop.ScopeLogs", repeated=True)
    add_message(file, "ResourceLogs", Field("resource", 1, BYTES), scopes)
    add_message(file, "Request", Field("resource_logs", 1, ".logloop.ResourceLogs", repeated=True))
    return message_class(file, "logloop.Request")


_REQUEST = _request_type()
