"""Decodes Loki's push request in protobuf (logproto.PushRequest), which is compressed with snappy."""

from typing import Any, Protocol

import pyarrow as pa
from google.protobuf import descriptor_pb2, timestamp_pb2
from google.protobuf.message import DecodeError
from logloop_chassis.http.problems import BadRequest, TooLarge

from logloop_ingest.limits import Limits
from logloop_ingest.protocols.translation.protobuf_types import Field, add_message, message_class

_VARINT_BYTES = 5
"""The size of a snappy block has at most 32 bits."""


class PushRequest(Protocol):
    """The decoded message: streams with labels and entries."""

    @property
    def streams(self) -> Any:
        """The streams."""


def read_push_request(body: bytes, limits: Limits) -> PushRequest:
    """Return the push request of a body. Raises BadRequest, or TooLarge above the limit of a request."""
    request: Any = _PUSH_REQUEST()
    try:
        request.ParseFromString(uncompressed(body, limits))
    except DecodeError:
        raise BadRequest("the body is not a push request of Loki in protobuf") from None
    push: PushRequest = request
    return push


def uncompressed(body: bytes, limits: Limits) -> bytes:
    """Return the content of a snappy block. Raises BadRequest, or TooLarge above the limit of a request."""
    size = _size_of_block(body)
    if size > limits.request_bytes:
        raise TooLarge(f"a request may have {limits.request_bytes} bytes after decompression; send smaller requests")
    try:
        return bytes(pa.decompress(body, decompressed_size=size, codec="snappy"))
    except (pa.ArrowException, OSError):
        raise BadRequest("the body is not compressed with snappy, as Loki's protobuf must be") from None


def _size_of_block(body: bytes) -> int:
    size = 0
    for position, byte in enumerate(body[:_VARINT_BYTES]):
        size |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            return size
    raise BadRequest("the body is empty or not compressed with snappy, as Loki's protobuf must be")


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
