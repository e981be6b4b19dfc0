"""Writes a problem as google.rpc.Status, with which OTLP answers over HTTP and gRPC."""

from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, duration_pb2
from logloop_chassis.http.problems import Problem

from logloop_ingest.protocols.translation.protobuf_types import INT32, Field, add_message, message_class

_INVALID_ARGUMENT, _NOT_FOUND, _PERMISSION_DENIED, _RESOURCE_EXHAUSTED = 3, 5, 7, 8
_INTERNAL, _UNAVAILABLE, _UNAUTHENTICATED = 13, 14, 16
_CODES = {
    401: _UNAUTHENTICATED,
    403: _PERMISSION_DENIED,
    404: _NOT_FOUND,
    429: _RESOURCE_EXHAUSTED,
    503: _UNAVAILABLE,
}
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


def code_of(problem: Problem) -> int:
    """Return the gRPC status code of a problem."""
    return _CODES.get(problem.status, _INVALID_ARGUMENT if problem.status < 500 else _INTERNAL)


def status_of(problem: Problem) -> bytes:
    """Return an encoded Status. If the problem says when to send again, its details say so as well."""
    status = _STATUS(code=code_of(problem), message=problem.detail)
    after = problem.headers.get("Retry-After", "")
    if after.isdigit():
        info = _RETRY_INFO_TYPE()
        info.retry_delay.seconds = int(after)
        status.details.add(type_url=_RETRY_INFO, value=info.SerializeToString())
    encoded: bytes = status.SerializeToString()
    return encoded


def _types() -> tuple[Any, Any]:
    """Return the classes of google.rpc.Status and google.rpc.RetryInfo."""
    file = descriptor_pb2.FileDescriptorProto(
        name="logloop/status.proto",
        package="google.rpc",
        syntax="proto3",
        dependency=[any_pb2.DESCRIPTOR.name, duration_pb2.DESCRIPTOR.name],
    )
    details = Field("details", 3, ".google.protobuf.Any", repeated=True)
    add_message(file, "Status", Field("code", 1, INT32), Field("message", 2), details)
    add_message(file, "RetryInfo", Field("retry_delay", 1, ".google.protobuf.Duration"))
    dependencies = any_pb2.DESCRIPTOR, duration_pb2.DESCRIPTOR
    return (
        message_class(file, "google.rpc.Status", *dependencies),
        message_class(file, "google.rpc.RetryInfo", *dependencies),
    )


_STATUS, _RETRY_INFO_TYPE = _types()
