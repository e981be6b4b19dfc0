"""Groups lines into records: parses each line and joins those that belong together, such as tracebacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from logloop.lines.formats import FORMATS, Reader, plain, read_any
from logloop.lines.parsed import ParsedLine

MAX_RECORD_LINES = 2_000
MAX_RECORD_CHARS = 60_000
"""At up to four bytes of UTF-8 per character this stays below the message limit."""

_CHAINED = re.compile(
    r"Caused by: |Suppressed: |\.\.\. \d+ more|During handling of the above exception"
    r"|The above exception was the direct|goroutine \d+ \[|stack traceback:|[}\])]+[,;]?\s*$"
)
_TRACEBACK = re.compile(r"\s*(?:\+ )?(?:Exception Group )?Traceback \(most recent call last\):|panic: |fatal error: ")
_LAST_LINE = re.compile(r"(?:[A-Za-z_][\w]*\.)*[A-Za-z_]\w*(?:: .*)?$", re.DOTALL)
_GO_CALL = re.compile(r"[\w./*()\[\]{}-]+\(.*\)$|created by |exit status ")


@dataclass(slots=True)
class Record:
    """A parsed record. `end` is the input offset in bytes after its last line."""

    parsed: ParsedLine
    end: int


class RecordReader:
    """Turns lines (without line endings) into records, each once it is complete. Holds back at most one record.

    `zone` applies to times without a zone. A record without a time gets the time of the record before it, else `now`;
    when `is_live` is set, it gets `now`.
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
        """Process one line, which ends at byte `end` of the input; yield completed records."""
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
        """Yield the pending record, if any."""
        if self._parsed is None:
            return
        parsed, self._parsed = self._parsed, None
        while self._lines and not self._lines[-1].strip():
            self._lines.pop()
        if self._lines:
            parsed.message = "\n".join([parsed.message, *self._lines])
            _set_exception(parsed, self._lines)
        self._lines, self._chars, self._in_traceback = [], 0, False
        inherited = None if self.is_live else self.last_time
        self.last_time = parsed.timestamp or self.last_time
        parsed.timestamp = parsed.timestamp or inherited or self.now or datetime.now(UTC)
        yield Record(parsed, self._end)

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


def _set_exception(parsed: ParsedLine, lines: list[str]) -> None:
    if not any("Traceback (most recent call last)" in line for line in [parsed.message, *lines]):
        return
    parsed.severity = "error"
    last = next((line for line in reversed(lines) if line[:1].isalpha()), "")
    name, _, text = last.partition(": ")
    if re.fullmatch(r"[\w.]+", name):
        parsed.attributes.setdefault("exception.type", name)
        parsed.attributes.setdefault("exception.message", text)


def read_records(lines: Iterable[str], reader: RecordReader) -> Iterator[Record]:
    """Yield all records of the lines."""
    for line in lines:
        yield from reader.feed(line)
    yield from reader.flush()
