"""Decodes Loki's push request in protobuf (logproto.PushRequest)."""

from typing import Any, Protocol

from google.protobuf import descriptor_pb2, timestamp_pb2
from google.protobuf.message import DecodeError
from logloop_chassis.http.problems import BadRequest

from logloop_ingest.protocols.translation.protobuf_types import Field, add_message, message_class


class PushRequest(Protocol):
    """The decoded message: streams with labels and entries."""

    @property
    def streams(self) -> Any:
        """The streams."""


def read_push_request(body: bytes) -> PushRequest:
    """Return the push request of a decompressed body. Raises BadRequest."""
    request: Any = _PUSH_REQUEST()
    try:
        request.ParseFromString(body)
    except DecodeError:
        raise BadRequest("the body is not a push request of Loki in protobuf") from None
    push: PushRequest = request
    return push


def _push_request_type() -> Any:
    """Return the message class, from Loki's pkg/push/push.proto: what its clients send of it."""
    file = descriptor_pb2.FileDescriptorProto(
        name="logloop/loki_push.proto",
        package="logproto",
        syntax="proto3",
        dependency=[timestamp_pb2.DESCRIPTOR.name],
    )
    add_message(file, "LabelPair", Field("name", 1), Field("value", 2))
    add_message(
        file,
        "Entry",
        Field("timestamp", 1, ".google.protobuf.Timestamp"),
        Field("line", 2),
        Field("structuredMetadata", 3, ".logproto.LabelPair", repeated=True),
    )
    add_message(file, "Stream", Field("labels", 1), Field("entries", 2, ".logproto.Entry", repeated=True))
    add_message(file, "PushRequest", Field("streams", 1, ".logproto.Stream", repeated=True))
    return message_class(file, "logproto.PushRequest", timestamp_pb2.DESCRIPTOR)


_PUSH_REQUEST = _push_request_type()
