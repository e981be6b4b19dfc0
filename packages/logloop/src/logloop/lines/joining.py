"""Joins the lines of one stream into records: traces with their header, blocks, pretty-printed JSON, split lines."""

from __future__ import annotations

import re
from typing import Any

from logloop.lines import continuations
from logloop.lines.envelopes import Envelope
from logloop.lines.formats.table import leading_time
from logloop.lines.parsed import ParsedLine
from logloop.lines.reader import LineReader, add_envelope
from logloop.lines.structured.json_lines import load_object

MAX_RECORD_LINES = 2_000
MAX_RECORD_CHARS = 60_000
"""At up to four bytes of UTF-8 per character this stays below the message limit."""
MAX_RECORD_SECONDS = 10.0
"""A record that is still growing after this time is given out, and what follows starts the next one."""
_MAX_PARTS = 256
_MANY_PARTS, _SHORT_PART = 16, 8_192
_MAX_PART_CHARS = 1024 * 1024
_BLOCKS_AFTER_A_TIME = ("jul", "mysql-general")
_COMPLETE = frozenset({"json", "logfmt"})
"""Formats of whole records: their lines start neither a block nor a trace."""
_LABEL = re.compile(r"[ \u2009]\s?(?:FAIL|PASS|WARN|ERROR|ERR_PNPM_\w+|ELIFECYCLE)[ \u2009] ?\S")
"""A label of pnpm and Vitest, which stands after one space at the start of a record."""
_JSON_START = re.compile(r"\s*\{\s*$")
_JSON_END = re.compile(r"(\s*)\}\s*,?\s*$")


class Joiner:
    """The records of one stream. Holds back at most one record, and the parts of one split line."""

    def __init__(self, reader: LineReader, *, join: bool) -> None:
        self._reader = reader
        self._join = join
        self._parsed: ParsedLine | None = None
        self._first = ""
        self._lines: list[str] = []
        self._chars = 0
        self._in_trace = False
        self._block = ""
        self._parts: list[tuple[str, Envelope]] = []
        self._part_chars = 0
        self._has_line_feeds = False
        self._has_odd_ends = False
        self.started = self._next = (0, 0.0)
        self.completed = self.fed = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held back."""
        return self._parsed is None and not self._parts

    @property
    def has_parts(self) -> bool:
        """Whether parts of a split line are held back."""
        return bool(self._parts)

    def feed(
        self, text: str, envelope: Envelope | None, overwritten: str = "", at: tuple[int, float] = (0, 0.0)
    ) -> list[ParsedLine]:
        """Process a line; return the records that it completes. `at` is the number of the line and when it was read.

        `started` is where the record that is held back starts, `completed` where the returned one started.
        """
        self._next = at
        if self._parsed is None and not self._parts:
            self.started = at
        if envelope is not None and not self._has_odd_ends and (envelope.is_partial or self._parts):
            return self._feed_part(text, envelope)
        return self._feed_whole(text, envelope, overwritten)

    def _feed_whole(self, text: str, envelope: Envelope | None, overwritten: str) -> list[ParsedLine]:
        if not overwritten and self.continues(text):
            self._append(text)
            return self.flush() if self._block == "json" and self._ends_json(text) else []
        if not text.strip():
            if self._parsed is not None and self._in_trace and self._join:
                self._append(text)
                return []
            return self.flush()
        found = self.flush()
        self._begin(text, envelope)
        if overwritten and self._parsed:
            self._parsed.attributes["overwritten"] = overwritten
        return found

    def flush(self) -> list[ParsedLine]:
        """Return what is held back."""
        found: list[ParsedLine] = []
        if self._parts:
            if self._has_line_feeds or len(self._parts) == 1:
                found += self._feed_whole(*self._take_parts(), "")
            else:
                found += self._feed_parts_alone()
        parsed, self._parsed = self._parsed, None
        if parsed is None:
            return found
        if self._lines:
            lines, self._lines = self._lines, []
            while lines and not lines[-1].strip():
                lines.pop()
            if lines:
                parsed = self._complete(parsed, lines)
        self._chars, self._in_trace, self._block = 0, False, ""
        self.completed, self.started = self.started[0], self._next
        found.append(parsed)
        if parsed.more:
            found += parsed.more
            parsed.more = []
        return found

    def _feed_part(self, text: str, envelope: Envelope) -> list[ParsedLine]:
        """Collect the parts of a line that the runtime has split, until the line is whole."""
        self._parts.append((text, envelope))
        self._part_chars += len(text)
        if not envelope.is_partial:
            self._has_line_feeds = True
        elif not self._has_line_feeds and envelope.kind.endswith("docker") and self._are_parts_lines():
            self._has_odd_ends = True
            return self._feed_parts_alone()
        elif len(self._parts) < _MAX_PARTS and self._part_chars < _MAX_PART_CHARS:
            return []
        return self._feed_whole(*self._take_parts(), "")

    def _are_parts_lines(self) -> bool:
        """Docker splits lines at 16 KiB. Many short texts without line feeds are lines that were trimmed."""
        return len(self._parts) >= _MANY_PARTS and self._part_chars < len(self._parts) * _SHORT_PART

    def _take_parts(self) -> tuple[str, Envelope]:
        parts, self._parts, self._part_chars = self._parts, [], 0
        return "".join(text for text, _ in parts), parts[0][1]

    def _feed_parts_alone(self) -> list[ParsedLine]:
        parts, self._parts, self._part_chars = self._parts, [], 0
        return [parsed for text, envelope in parts for parsed in self._feed_whole(text, envelope, "")]

    def _begin(self, line: str, envelope: Envelope | None) -> None:
        self._first, self._chars = line, len(line)
        self._parsed = self._reader.read(line)
        if envelope is not None:
            add_envelope(self._parsed, envelope)
            self._parsed.is_header = self._parsed.is_header and not line[:1].isspace()
        self._block, self._in_trace = "", "Traceback" in line
        name = self._parsed.format
        if self._join and (name.endswith(_BLOCKS_AFTER_A_TIME) or not (line[:1].isdigit() or name in _COMPLETE)):
            self._block = self._block_of(self._parsed, line)
            self._in_trace = continuations.starts_trace(line) or self._block in {"node", "sanitizer"}

    @staticmethod
    def _block_of(parsed: ParsedLine, line: str) -> str:
        if line[-1:] == "{" and _JSON_START.match(line):
            return "json"
        return "journal" if line.startswith("__CURSOR=") else continuations.block_of(parsed, line)

    def _append(self, line: str) -> None:
        self._lines.append(line)
        self._chars += len(line) + 1
        if continuations.starts_trace(line):
            self._in_trace = True

    def continues(self, line: str) -> bool:
        """Return whether a line continues the record that is held back."""
        if self._next[1] - self.started[1] > MAX_RECORD_SECONDS:
            return False
        if (
            self._parsed is None
            or not self._join
            or len(self._lines) >= MAX_RECORD_LINES
            or self._chars + len(line) > MAX_RECORD_CHARS
        ):
            return False
        if self._block and (block := self._continues_block(line)) is not None:
            return block
        first = line[:1]
        if first in {" ", "\t"}:
            return bool(line.strip()) and not _JSON_START.match(line) and not self._is_indented_header(line)
        if not self._in_trace and (first.isdigit() or first in {"{", "<"}):
            return False
        continues = continuations.continues_trace(self._parsed, self._lines, line, in_trace=self._in_trace)
        return continues and not self._is_header(line)

    def _continues_block(self, line: str) -> bool | None:
        if self._block == "journal":
            return bool(line.strip())
        if self._block == "json":
            return not self._is_header(line)
        continues = continuations.continues_block(self._block, self._first, self._lines, line)
        return continues and (self._block == "mysql-slow" or not self._is_header(line))

    def _is_header(self, line: str) -> bool:
        first = line[:1]
        return (first.isdigit() or first in "[(<JFMASONDTW") and leading_time(line, self._reader.context) is not None

    def _is_indented_header(self, line: str) -> bool:
        """Return whether an indented line is a record of its own, as tracing and other tools write them."""
        if _LABEL.match(line):
            return True
        text = line.lstrip()
        if not text[:1].isdigit() or leading_time(text, self._reader.context) is None:
            return False
        return self._reader.read(text).severity is not None

    def _ends_json(self, line: str) -> bool:
        match = _JSON_END.match(line)
        indent = self._first[: len(self._first) - len(self._first.lstrip())]
        return bool(match) and len(match[1] if match else "") <= len(indent)

    def _complete(self, parsed: ParsedLine, lines: list[str]) -> ParsedLine:
        """Return the record of a first line and the lines that belong to it."""
        text = "\n".join([self._first, *lines])
        if self._block == "json" and (fields := load_object(text.strip().rstrip(","))) is not None:
            whole = self._reader.read_object(fields, text)
            return _with_place(whole, parsed)
        if self._block == "journal":
            whole = self._reader.read_object(_journal_fields([self._first, *lines]), text)
            return _with_place(whole, parsed)
        if parsed.format.endswith("jul"):
            return _jul(parsed, lines)
        if parsed.severity is None and self._in_trace:
            parsed.severity = "error"
        parsed.message = "\n".join([parsed.message, *lines])
        if found := continuations.exception_of(self._first, lines):
            parsed.attributes.setdefault("exception.type", found[0])
            parsed.attributes.setdefault("exception.message", found[1])
            parsed.severity = parsed.severity or "error"
        return parsed


def _with_place(whole: ParsedLine, first: ParsedLine) -> ParsedLine:
    """Keep what the wrapper of the first line said."""
    whole.timestamp = whole.timestamp or first.timestamp
    whole.source = whole.source or first.source
    for name, value in first.attributes.items():
        whole.attributes.setdefault(name, value)
    return whole


def _jul(parsed: ParsedLine, lines: list[str]) -> ParsedLine:
    """java.util.logging writes time and place on one line, level and message on the next."""
    level, _, message = lines[0].partition(": ")
    parsed.set_level(level)
    parsed.message = "\n".join([message, *lines[1:]])
    if found := continuations.exception_of(message, lines[1:]):
        parsed.attributes |= {"exception.type": found[0], "exception.message": found[1]}
    return parsed


def _journal_fields(lines: list[str]) -> dict[str, Any]:
    """Return the fields of journald's export format, which has one field on each line."""
    fields: dict[str, Any] = {}
    for line in lines:
        name, found, value = line.partition("=")
        if found:
            fields[name] = value
        else:
            fields.setdefault("journal.lines", []).append(line)
    return fields
