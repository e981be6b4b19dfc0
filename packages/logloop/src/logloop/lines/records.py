"""Turns lines into records: unwraps and reads each line, and joins those that belong together, stream by stream."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from logloop.lines.formats.table import Format
from logloop.lines.joining import MAX_RECORD_CHARS, MAX_RECORD_LINES, Joiner
from logloop.lines.parsed import ParsedLine
from logloop.lines.reader import LineReader
from logloop.lines.text import clean
from logloop.lines.times.timestamps import EARLIEST, latest_believable

__all__ = ["MAX_RECORD_CHARS", "MAX_RECORD_LINES", "Record", "RecordReader", "read_records"]

MAX_STREAMS = 256
MAX_LINES_BEHIND = 1_000
MAX_SECONDS_BEHIND = 2.0
"""A record that is older than this, while other streams go on, is complete."""


@dataclass(slots=True)
class Record:
    """A parsed record. `end` is the input offset in bytes after its last line."""

    parsed: ParsedLine
    end: int


class RecordReader:
    """Turns lines (without line endings) into records, each once it is complete. Holds back a record for each stream.

    `zone` applies to times without a zone. A record without a time gets the time of the record before it, else `now`;
    when `is_live` is set, it gets `now`. A time that cannot be believed becomes an attribute.
    """

    def __init__(
        self,
        format_name: str = "auto",
        zone: tzinfo = UTC,
        now: datetime | None = None,
        *,
        join: bool = True,
        formats: Sequence[Format] = (),
    ) -> None:
        self._reader = LineReader(format_name, zone, now, formats)
        self._now = now
        self._join = join
        self._streams: dict[str, Joiner] = {}
        self._waiting: list[tuple[int, int, ParsedLine]] = []
        self._open: list[tuple[int, str]] = []  # a heap: where the records start that streams hold back
        self._fed = self._completed = 0
        self._end = self._fed_end = 0
        self._has_mixed = False
        self._latest = EARLIEST
        self.last_time: datetime | None = None
        self.is_live = False

    @property
    def now(self) -> datetime | None:
        """The present; None means the clock."""
        return self._now

    @now.setter
    def now(self, now: datetime | None) -> None:
        self._now = now
        self._latest = EARLIEST
        self._reader.set_now(now)

    @property
    def is_interleaved(self) -> bool:
        """Whether several streams hold back records, so that no offset separates what is complete from the rest."""
        return self._has_mixed or bool(self._waiting)

    def learn(self, lines: Iterable[str]) -> None:
        """Look at the first lines of the input, without turning them into records."""
        self._reader.learn(lines)

    def feed(self, line: str, end: int = 0) -> list[Record]:
        """Process one line, which ends at byte `end` of the input; return completed records."""
        records: list[Record] = []
        text, overwritten = (line, "") if line.isprintable() else clean(line)
        envelope = self._reader.unwrap(text)
        stream = envelope.stream if envelope else ""
        joiner = self._streams.get(stream)
        if joiner is None:
            if len(self._streams) >= MAX_STREAMS:
                records += self.flush()
            joiner = self._streams[stream] = Joiner(self._reader, join=self._join)
            if len(self._streams) == 2:
                self._has_mixed = True
                self._open = sorted((other.started[0], name) for name, other in self._streams.items())
        self._fed += 1
        joiner.fed, now = self._fed, time.monotonic()
        found = joiner.feed(envelope.text if envelope else text, envelope, overwritten, (self._fed, now))
        if joiner.is_empty:
            self._end = end  # the records contain this line
        if len(self._streams) == 1 and not self._waiting:
            records += map(self._record, found)
        else:
            if not joiner.is_empty and joiner.started[0] == self._fed:
                heapq.heappush(self._open, (self._fed, stream))
            self._wait(joiner, found)
            self._flush_late(now)
            records += self._in_order()
        self._fed_end = end
        if not joiner.has_parts:  # a record that ends here does not contain the parts
            self._end = end
        return records

    def flush(self) -> Iterator[Record]:
        """Yield all pending records."""
        streams, self._streams, self._has_mixed, self._end = self._streams, {}, False, self._fed_end
        self._open = []
        for joiner in streams.values():
            self._wait(joiner, joiner.flush())
        yield from self._in_order()

    def _wait(self, joiner: Joiner, found: Iterable[ParsedLine]) -> None:
        for parsed in found:
            self._completed += 1
            heapq.heappush(self._waiting, (joiner.completed, self._completed, parsed))

    def _in_order(self) -> Iterator[Record]:
        """Yield the completed records that started before all incomplete ones."""
        first = self._first_open() or self._fed + 1
        while self._waiting and self._waiting[0][0] < first:
            yield self._record(heapq.heappop(self._waiting)[2])

    def _first_open(self) -> int:
        """Return where the first record starts that a stream holds back; 0 without one."""
        while self._open:
            start, stream = self._open[0]
            joiner = self._streams.get(stream)
            if joiner is not None and not joiner.is_empty and joiner.started[0] == start:
                return start
            heapq.heappop(self._open)
        return 0

    def _flush_late(self, now: float) -> None:
        """Complete the records of streams that have been silent for too long: the others wait for them."""
        while start := self._first_open():
            stream = self._open[0][1]
            joiner = self._streams[stream]
            if self._fed - start <= MAX_LINES_BEHIND and now - joiner.started[1] <= MAX_SECONDS_BEHIND:
                return
            self._wait(joiner, joiner.flush())
            if joiner.fed != self._fed:
                del self._streams[stream]

    def _record(self, parsed: ParsedLine) -> Record:
        moment = parsed.timestamp
        if moment is None:
            parsed.timestamp = (None if self.is_live else self.last_time) or self._present()
        elif not (EARLIEST <= moment <= self._latest or self._is_believable(moment)):
            parsed.attributes["time.claimed"] = moment.isoformat()
            parsed.timestamp = self._present()
        else:
            if parsed.later and self.last_time and (self.last_time - moment).total_seconds() > 60:
                moment = parsed.timestamp = parsed.later  # clocks went back, and the lines go on
            self.last_time = moment
        return Record(parsed, self._end)

    def _present(self) -> datetime:
        return self._now or datetime.now(UTC)

    def _is_believable(self, moment: datetime) -> bool:
        self._latest = latest_believable(self._present())
        return EARLIEST <= moment <= self._latest


def read_records(lines: Iterable[str], reader: RecordReader) -> Iterator[Record]:
    """Yield all records of the lines."""
    for line in lines:
        yield from reader.feed(line)
    yield from reader.flush()
