"""Divides an export of a journal into parts while it arrives."""

from logloop_chassis.http.problems import TooLarge

from logloop_ingest.limits import Limits

PART_ENTRIES = 1000
PART_BYTES = 2 * 2**20
LENGTH_BYTES = 8


class JournalParts:
    """Divides an export at the ends of entries, after `PART_ENTRIES` entries or `PART_BYTES` bytes.

    Exports that begin with the same entries have the same parts, except for the last one. An upload that begins again
    at its saved place therefore repeats parts, which are recognised by their content.
    """

    def __init__(self, limits: Limits) -> None:
        self._max_entries = min(PART_ENTRIES, limits.entries)
        self._max_bytes = min(PART_BYTES, limits.request_bytes)
        self._max_entry_bytes = limits.request_bytes
        self._buffer = bytearray()
        self._begin = 0
        """Where the current part begins."""
        self._position = 0
        """Where the next field or blank line begins."""
        self._entries = 0
        self._has_fields = False

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Return the parts that are complete with these bytes. Raises TooLarge for an entry over the limit."""
        self._buffer += data
        parts = []
        while (end := self._end_of_field()) is not None:
            is_blank = end == self._position + 1
            self._position = end
            if not is_blank:
                self._has_fields = True
                continue
            self._entries += self._has_fields
            self._has_fields = False
            if self._entries >= self._max_entries or end - self._begin >= self._max_bytes:
                parts.append(bytes(self._buffer[self._begin : end]))
                self._begin, self._entries = end, 0
        del self._buffer[: self._begin]
        self._position -= self._begin
        self._begin = 0
        if len(self._buffer) > self._max_entry_bytes:
            raise TooLarge(f"an entry of a journal may have {self._max_entry_bytes} bytes")
        return parts

    def finish(self) -> bytes:
        """Return what is left: the last part, with whatever follows its last entry."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def _end_of_field(self) -> int | None:
        """Return where the next field or blank line ends; None if that has not arrived."""
        buffer, begin = self._buffer, self._position
        end = buffer.find(b"\n", begin) + 1
        if not end:
            return None
        if end > begin + 1 and buffer.find(b"=", begin, end) < 0:  # a binary field: its length, and its value
            value = end + LENGTH_BYTES
            if value > len(buffer):
                return None
            end = value + int.from_bytes(buffer[end:value], "little") + 1
        return end if end <= len(buffer) else None
