"""Makes records of lines: reads each by its format and joins the lines that belong together, such as tracebacks.

It must not hold back more than one record, nor grow one without bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from logloop.lines.formats import FORMATS, Reader, plain, read_any
from logloop.lines.parsed import ParsedLine

MAX_RECORD_LINES = 2_000
MAX_RECORD_CHARS = 60_000
"""At most four bytes of UTF-8 a character: below the limit of a message."""

_CHAINED = re.compile(
    r"Caused by: |Suppressed: |\.\.\. \d+ more|During handling of the above exception"
    r"|The above exception was the direct|goroutine \d+ \[|stack traceback:|[}\])]+[,;]?\s*$"
)
_TRACEBACK = re.compile(r"\s*(?:\+ )?(?:Exception Group )?Traceback \(most recent call last\):|panic: |fatal error: ")
_LAST_LINE = re.compile(r"(?:[A-Za-z_][\w]*\.)*[A-Za-z_]\w*(?:: .*)?$", re.DOTALL)
_GO_CALL = re.compile(r"[\w./*()\[\]{}-]+\(.*\)$|created by |exit status ")


@dataclass(slots=True)
class Record:
    """Joined lines and the bytes of input they span, counted from the start of the input."""

    parsed: ParsedLine
    end: int


class RecordReader:
    """Feed it lines (without their ends); it yields records once they are complete.

    `zone` is what times without one mean. Records without a time get that of the record before, else `now`; when the
    input `is_live`, they get `now` at once.
    """

    def __init__(
        self, format_name: str = "auto", zone: tzinfo = UTC, now: datetime | None = None, *, join: bool = True
    ) -> None:
        self._readers: tuple[Reader, ...] = FORMATS[format_name]
        self._zone = zone
        self.now = now
        self._join = join
        self._parsed: ParsedLine | None = None
        self._lines: list[str] = []
        self._chars = 0
        self._in_traceback = False
        self._blank = 0
        self._end = 0
        self.last_time: datetime | None = None
        self.is_live = False

    def feed(self, line: str, end: int = 0) -> Iterator[Record]:
        """Take one line, which ends at byte `end` of the input."""
        if self._parsed is not None and self._continues(line):
            self._append(line)
        elif line.strip():
            yield from self.flush()
            self._begin(line)
        elif self._parsed is not None and self._in_traceback:
            self._append(line)
        else:
            yield from self.flush()
        self._end = end

    def flush(self) -> Iterator[Record]:
        """The record that waits for more lines, if any."""
        if self._parsed is None:
            return
        parsed, self._parsed = self._parsed, None
        while self._lines and not self._lines[-1].strip():
            self._lines.pop()
        if self._lines:
            parsed.message = "\n".join([parsed.message, *self._lines])
            _note_exception(parsed, self._lines)
        self._lines, self._chars, self._in_traceback = [], 0, False
        inherited = None if self.is_live else self.last_time
        self.last_time = parsed.timestamp or self.last_time
        parsed.timestamp = parsed.timestamp or inherited or self.now or datetime.now(UTC)
        yield Record(parsed, self._end)

    @property
    def is_waiting(self) -> bool:
        """Whether a record waits for more lines."""
        return self._parsed is not None

    def _begin(self, line: str) -> None:
        self._parsed = self._read(line)
        self._chars = len(line)
        self._in_traceback = bool(_TRACEBACK.search(line))

    def _append(self, line: str) -> None:
        self._lines.append(line)
        self._chars += len(line) + 1
        if _TRACEBACK.match(line):
            self._in_traceback = True

    def _continues(self, line: str) -> bool:
        assert self._parsed is not None
        if not self._join or len(self._lines) >= MAX_RECORD_LINES or self._chars + len(line) > MAX_RECORD_CHARS:
            return False
        if line[:1] in {" ", "\t"} and line.strip():
            return True
        if _CHAINED.match(line):
            return True
        if _TRACEBACK.match(line):
            return self._parsed.is_header or self._in_traceback
        return self._in_traceback and self._ends_traceback(line)

    def _ends_traceback(self, line: str) -> bool:
        before = self._lines[-1] if self._lines else ""
        if before[:1].isspace() and _LAST_LINE.match(line) and not self._read(line).timestamp:
            return True
        return bool(_GO_CALL.match(line))

    def _read(self, line: str) -> ParsedLine:
        now = self.now or datetime.now(UTC)
        if len(line) > MAX_RECORD_CHARS * 4:
            return plain(line, self._zone, now)
        return read_any(line, self._zone, now, self._readers)


def _note_exception(parsed: ParsedLine, lines: list[str]) -> None:
    if not any("Traceback (most recent call last)" in line for line in [parsed.message, *lines]):
        return
    parsed.severity = "error"
    last = next((line for line in reversed(lines) if line[:1].isalpha()), "")
    name, _, text = last.partition(": ")
    if re.fullmatch(r"[\w.]+", name):
        parsed.attributes.setdefault("exception.type", name)
        parsed.attributes.setdefault("exception.message", text)


def read_records(lines: Iterable[str], reader: RecordReader) -> Iterator[Record]:
    """Every record of some lines."""
    for line in lines:
        yield from reader.feed(line)
    yield from reader.flush()
