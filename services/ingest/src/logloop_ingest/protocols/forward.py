"""Reads messages of the Fluent forward protocol: Message, Forward, PackedForward and CompressedPackedForward."""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgpack
from logloop_chassis.http.problems import BadRequest

from logloop_ingest.decompression import decompress
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.translated_entries import TranslatedEntry
from logloop_ingest.protocols.translation.documents import entry_of_document
from logloop_ingest.protocols.translation.values import service_id

_EVENT_TIME = 0
_EVENT_TIME_BYTES = 8


class ForwardMessage(NamedTuple):
    """The records of one message, each with its time in microseconds since 1970 or None.

    With `chunk`, the sender waits for an answer with it, and sends the message again without one. `content` stands
    for the records: it is the same when the message is sent again.
    """

    tag: str
    records: list[tuple[int | None, dict[str, Any]]]
    content: bytes
    chunk: str | None = None


def unpacker(limits: Limits) -> msgpack.Unpacker:
    """Return a reader of a stream of messages. It raises ValueError for what is not msgpack or too large."""
    return msgpack.Unpacker(
        max_buffer_size=limits.request_bytes, strict_map_key=False, unicode_errors="surrogateescape", ext_hook=_ext
    )


def read_message(value: Any, limits: Limits) -> ForwardMessage:
    """Return the message that an array of the stream is. Raises BadRequest, TooLarge."""
    if not isinstance(value, list) or not 2 <= len(value) <= 4 or not isinstance(value[0], str):
        raise BadRequest("not a message of the forward protocol: it must be an array that begins with a tag")
    tag, second, *rest = value
    if isinstance(second, list):
        option = _option(rest)
        return ForwardMessage(tag, [_record(entry) for entry in second], _packed(second), _chunk(option))
    if isinstance(second, bytes | str):
        option = _option(rest)
        packed = second if isinstance(second, bytes) else second.encode("utf-8", "surrogateescape")
        stream = decompress(packed, "gzip", limits) if option.get("compressed") == "gzip" else packed
        records = [_record(entry) for entry in _entries(stream, limits)]
        return ForwardMessage(tag, records, packed, _chunk(option))
    if not rest or not isinstance(rest[0], dict):
        raise BadRequest("a message must have a record, which is a map")
    record = _record([second, rest[0]])
    return ForwardMessage(tag, [record], _packed([second, rest[0]]), _chunk(_option(rest[1:])))


def entries_of_message(
    message: ForwardMessage, *, service: str | None, limits: Limits, now_us: int
) -> list[TranslatedEntry]:
    """Return the entries of a message. The service is that of the record, else `service`, else the tag."""
    fallback = service or service_id(message.tag)
    return [
        entry_of_document(
            {**record, "fluent.tag": message.tag}, limits=limits, now_us=now_us, service=fallback, time_us=at_us
        ).entry
        for at_us, record in message.records
    ]


class Handshake:
    """The check of the shared key that both sides make before the first message."""

    def __init__(self, shared_key: str, hostname: str, nonce: bytes) -> None:
        self._key = shared_key.encode()
        self._hostname = hostname
        self._nonce = nonce

    def hello(self) -> bytes:
        """Return the first message of the server."""
        return _packed(["HELO", {"nonce": self._nonce, "auth": b"", "keepalive": True}])

    def answer(self, value: Any) -> tuple[bool, bytes]:
        """Return whether the client knows the key, and the answer to it. Raises BadRequest."""
        if not isinstance(value, list) or len(value) < 4 or value[0] != "PING":
            raise BadRequest("the first message must be a PING: this listener requires a shared key")
        hostname, salt, digest = (_bytes(item) for item in value[1:4])
        is_known = hmac.compare_digest(self._digest(salt, hostname), digest)
        reason = "" if is_known else "the shared key does not match"
        proof = self._digest(salt, self._hostname.encode()).decode() if is_known else ""
        return is_known, _packed(["PONG", is_known, reason, self._hostname, proof])

    def _digest(self, salt: bytes, hostname: bytes) -> bytes:
        return hashlib.sha512(salt + hostname + self._nonce + self._key).hexdigest().encode()


def acknowledgement(chunk: str) -> bytes:
    """Return the answer to a message with a chunk."""
    return _packed({"ack": chunk})


def _packed(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value, default=str, unicode_errors="surrogateescape")
    return packed


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")


def _option(rest: list[Any]) -> dict[Any, Any]:
    return rest[0] if rest and isinstance(rest[0], dict) else {}


def _chunk(option: dict[Any, Any]) -> str | None:
    chunk = option.get("chunk")
    return None if chunk is None else _bytes(chunk).decode("utf-8", "replace")[:200]


def _entries(stream: bytes, limits: Limits) -> Iterator[Any]:
    reader = unpacker(limits)
    try:
        reader.feed(stream)
        yield from reader
    except (ValueError, msgpack.exceptions.UnpackException) as error:
        raise BadRequest(f"the packed records are not msgpack: {error}") from error


def _record(entry: Any) -> tuple[int | None, dict[str, Any]]:
    """Return time and record of an entry: [time, record], or [[time, metadata], record] as Fluent Bit sends it."""
    if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[1], dict):
        raise BadRequest("an entry must be an array of a time and a record")
    stated, record = entry
    values = {_name(name): _plain(value) for name, value in record.items()}
    if isinstance(stated, list) and stated:
        if len(stated) > 1 and isinstance(stated[1], dict) and stated[1]:
            values.setdefault("fluent.metadata", _plain(stated[1]))
        stated = stated[0]
    return _micros(stated), values


def _micros(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    micros = value * 1_000_000
    return round(micros) if abs(micros) < 2**63 else None


def _name(value: Any) -> str:
    return value if isinstance(value, str) else _bytes(value).decode("utf-8", "replace")


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {_name(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _ext(code: int, data: bytes) -> Any:
    """Return an EventTime as seconds; other extensions become text."""
    if code == _EVENT_TIME and len(data) == _EVENT_TIME_BYTES:
        return int.from_bytes(data[:4], "big") + int.from_bytes(data[4:], "big") / 1e9
    return data.hex()
