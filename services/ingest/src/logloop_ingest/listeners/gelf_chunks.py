"""Puts GELF messages together that were sent over UDP in chunks."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

MAGIC = b"\x1e\x0f"
_HEADER_BYTES = 12
MAX_CHUNKS = 128
MAX_MESSAGES = 512
MAX_BYTES = 16 * 2**20
EXPIRES_S = 5.0
"""GELF demands that all chunks arrive within this time."""


@dataclass(slots=True)
class _Message:
    count: int
    started: float
    chunks: dict[int, bytes] = field(default_factory=dict)
    size: int = 0


class ChunkCollector:
    """The messages whose chunks have arrived in part. `dropped` counts those that never became complete."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.dropped = 0
        self._clock = clock
        self._messages: dict[tuple[str, bytes], _Message] = {}
        self._bytes = 0

    def feed(self, data: bytes, peer: str) -> bytes | None:
        """Return the message that a datagram completes, or is; None while chunks are missing."""
        if not data.startswith(MAGIC):
            return data
        self._expire()
        if len(data) < _HEADER_BYTES:
            self.dropped += 1
            return None
        number, count = data[10], data[11]
        if not 1 <= count <= MAX_CHUNKS or number >= count:
            self.dropped += 1
            return None
        key = (peer, data[2:10])
        message = self._messages.get(key)
        if message is None:
            message = self._messages[key] = _Message(count, self._clock())
        if number not in message.chunks:
            message.chunks[number] = data[_HEADER_BYTES:]
            message.size += len(data) - _HEADER_BYTES
            self._bytes += len(data) - _HEADER_BYTES
        if len(message.chunks) < message.count:
            self._limit()
            return None
        self._forget(key)
        return b"".join(message.chunks[index] for index in sorted(message.chunks))

    def _expire(self) -> None:
        """Drop messages that are too old; the oldest comes first."""
        now = self._clock()
        while self._messages:
            key, message = next(iter(self._messages.items()))
            if now - message.started <= EXPIRES_S:
                return
            self._drop(key)

    def _limit(self) -> None:
        while len(self._messages) > MAX_MESSAGES or self._bytes > MAX_BYTES:
            self._drop(next(iter(self._messages)))

    def _drop(self, key: tuple[str, bytes]) -> None:
        self.dropped += 1
        self._forget(key)

    def _forget(self, key: tuple[str, bytes]) -> None:
        self._bytes -= self._messages.pop(key).size
