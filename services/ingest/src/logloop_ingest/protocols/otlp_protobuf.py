"""Reads the log records of an export request in protobuf."""

from typing import Any

from google.protobuf.message import DecodeError
from logloop_chassis.http.problems import BadRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.json_values import too_many_entries
from logloop_ingest.protocols.otlp_records import ReadRecords, entry_of_record, origin_of, service_of
from logloop_ingest.protocols.values import json_number


def records_of_protobuf(body: bytes, limits: Limits, now_us: int) -> ReadRecords:
    """Return the entries of a request. Raises BadRequest, or TooLarge for too many records."""
    request = ExportLogsServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError:
        raise BadRequest("the body is not an ExportLogsServiceRequest in protobuf") from None
    read = ReadRecords()
    for resource_logs in request.resource_logs:
        resource = _attributes(resource_logs.resource.attributes)
        service = service_of(resource)
        for scope_logs in resource_logs.scope_logs:
            scope = scope_logs.scope
            origin = origin_of(resource, scope.name, scope.version, _attributes(scope.attributes))
            if len(read.entries) + len(scope_logs.log_records) > limits.entries:
                raise too_many_entries(limits.entries)
            for record in scope_logs.log_records:
                nanos = record.time_unix_nano or record.observed_time_unix_nano
                read.has_times = read.has_times and nanos > 0
                read.entries.append(
                    entry_of_record(
                        service,
                        micros=nanos // 1000 or now_us,
                        number=record.severity_number,
                        word=record.severity_text,
                        body=_value(record.body),
                        attributes=_record_attributes(record, origin),
                        limits=limits,
                    )
                )
    return read


def _record_attributes(record: Any, origin: dict[str, Any]) -> dict[str, Any]:
    attributes = origin.copy()
    for pair in record.attributes:
        attributes[pair.key] = _value(pair.value)
    if record.trace_id:
        attributes["trace_id"] = record.trace_id.hex()
    if record.span_id:
        attributes["span_id"] = record.span_id.hex()
    if record.event_name:
        attributes["event.name"] = record.event_name
    return attributes


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
