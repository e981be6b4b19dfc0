"""Declares the types with which export requests in protobuf are read, from opentelemetry/proto/logs/v1/logs.proto.

The generated classes make a Python object of each record, attribute and value, which takes most of the time.
"""

from typing import Any

from google.protobuf import descriptor_pb2

from logloop_ingest.protocols.translation.protobuf_types import (
    BOOL,
    BYTES,
    DOUBLE,
    FIXED64,
    INT64,
    STRING,
    UINT32,
    Field,
    add_message,
    message_classes,
)

_ATTRIBUTES = Field("attributes", 6, BYTES, repeated=True)
_BODY = Field("body", 5, ".logloop.Body")
_SCALARS = (
    ("time_unix_nano", 1, FIXED64),
    ("severity_number", 2, UINT32),
    ("severity_text", 3, STRING),
    ("trace_id", 9, BYTES),
    ("span_id", 10, BYTES),
    ("observed_time_unix_nano", 11, FIXED64),
    ("event_name", 12, STRING),
)
_KINDS = (("bool", BOOL), ("int", INT64), ("double", DOUBLE), ("array", BYTES), ("map", BYTES), ("bytes", BYTES))
"""The kinds of an AnyValue but text, by their field number from 2 on."""


def _types(name: str, records: Field, record: tuple[Field, ...], body: tuple[Field, ...] = ()) -> list[Any]:
    """Return the classes of a request and of its records.

    `records` is the field of a scope with its records. They have the fields `record`, and their bodies `body`.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"logloop/otlp_{name}.proto", package="logloop", syntax="proto3")
    add_message(file, "Body", *body)
    add_message(file, "LogRecord", *record)
    add_message(file, "ScopeLogs", Field("scope", 1, BYTES), records)
    scopes = Field("scope_logs", 2, ".logloop.ScopeLogs", repeated=True)
    add_message(file, "ResourceLogs", Field("resource", 1, BYTES), scopes)
    add_message(file, "Request", Field("resource_logs", 1, ".logloop.ResourceLogs", repeated=True))
    return message_classes(file, "logloop.Request", "logloop.LogRecord")


def _records(kind: str | int = ".logloop.LogRecord", *, repeated: bool = True) -> Field:
    return Field("log_records", 2, kind, repeated)


_ANY_BODY = (
    Field("text", 1, BYTES, one_of=True),
    *(Field(name, number, kind, one_of=True) for number, (name, kind) in enumerate(_KINDS, 2)),
)
RECORDS, _RECORD = _types(
    "records", _records(), (*(Field(*scalar) for scalar in _SCALARS), _BODY, _ATTRIBUTES), _ANY_BODY
)
"""A request with its records one by one. Attributes, and the lists in bodies, are the bytes that were sent."""
EMPTY_RECORD = _RECORD()

MERGED, _ = _types(
    "merged",
    _records(repeated=False),
    (*(Field(*scalar, repeated=True) for scalar in _SCALARS), _BODY),
    (Field("text", 1, STRING, repeated=True),),
)
"""A request in which the records of a scope are one message, which protobuf merges: it has a list for each field."""

ATTRIBUTES, RECORD_ATTRIBUTES = _types("attributes", _records(), (_ATTRIBUTES,))
"""A request in which records have attributes only, and the type of such a record."""

ENCODED, _ = _types("encoded", _records(BYTES), ())
"""A request in which records are the bytes that were sent."""
