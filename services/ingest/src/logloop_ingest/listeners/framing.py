"""Divides a byte stream into messages: by line feeds, NULs or counted octets (RFC 6587)."""

import re
from typing import Protocol

_COUNT = re.compile(rb"([1-9]\d{0,8}) (?=<)")
_BEGINS_LIKE_COUNT = re.compile(rb"[1-9]\d{0,8} ?\Z")


class TooLong(Exception):
    """A message announces more bytes than are accepted."""


class Framer(Protocol):
    """Turns pieces of a stream into messages. Holds back at most one message."""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that are complete now. Raises TooLong."""

    def finish(self) -> list[bytes]:
        """Return what is left when the stream has ended."""


class DelimitedFramer:
    """Messages that end with a byte. A longer one than `limit` bytes is divided."""

    def __init__(self, delimiter: bytes, limit: int) -> None:
        self._delimiter = delimiter
        self._limit = limit
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that are complete now."""
        *complete, self._rest = (self._rest + data).split(self._delimiter)
        frames = [piece for frame in complete for piece in _pieces(frame, self._limit)]
        while len(self._rest) > self._limit:
            frames.append(self._rest[: self._limit])
            self._rest = self._rest[self._limit :]
        return frames

    def finish(self) -> list[bytes]:
        """Return a last message that has no end."""
        rest, self._rest = self._rest, b""
        return [rest] if rest.strip(b"\r\n\0 ") else []


class SyslogFramer:
    """Messages of syslog over TCP: with a count of octets or with a line feed, whichever a message has."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that are complete now. Raises TooLong for a count above the limit."""
        self._rest += data
        frames: list[bytes] = []
        position, size = 0, len(self._rest)
        while position < size:
            counted = _COUNT.match(self._rest, position)
            if counted:
                length = int(counted[1])
                if length > self._limit:
                    raise TooLong(f"a message announces {length} bytes, and {self._limit} are accepted")
                if counted.end() + length > size:
                    break
                frames.append(self._rest[counted.end() : counted.end() + length])
                position = counted.end() + length
                continue
            end = self._rest.find(b"\n", position)
            if end < 0:
                break
            frames += _pieces(self._rest[position:end], self._limit)
            position = end + 1
        self._rest = self._rest[position:]
        while len(self._rest) > self._limit and not _COUNT.match(self._rest):
            frames.append(self._rest[: self._limit])
            self._rest = self._rest[self._limit :]
        return frames

    def finish(self) -> list[bytes]:
        """Return a last message that has no end."""
        rest, self._rest = self._rest, b""
        return [] if _BEGINS_LIKE_COUNT.match(rest) or not rest.strip() else [rest]


def _pieces(frame: bytes, limit: int) -> list[bytes]:
    """Return a message in pieces within the limit; none for a blank one."""
    if not frame.strip(b"\r\n\0 "):
        return []
    return [frame[start : start + limit] for start in range(0, len(frame), limit)]
