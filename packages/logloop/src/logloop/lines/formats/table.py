"""The format table: what a format is, and how a regular expression with named groups becomes one.

A format reads a line only when its expression fits the whole line. Groups of an expression: `message`, `level`, `time`,
`zone`; any other group becomes the attribute that ATTRIBUTES names, or one with its own name (`__` stands for a dot).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from logloop.lines import severities
from logloop.lines.parsed import Context, ParsedLine, level_of
from logloop.lines.times.timestamps import Stamp, find_time, parse_zone, read_time

Reader = Callable[[str, int, Stamp | None, Context], ParsedLine | None]
"""Reads a line from an index on, which is after the time for formats that start with one."""

ATTRIBUTES = {
    "pid": "process.pid",
    "tid": "thread.id",
    "thread": "thread.name",
    "logger": "logger.name",
    "host": "host.name",
    "place": "code.location",
    "line": "code.line.number",
    "function": "code.function.name",
    "file": "code.file.path",
    "client": "client.address",
    "user": "user.name",
    "method": "http.request.method",
    "path": "url.path",
    "status": "http.response.status_code",
    "referer": "http.referer",
    "agent": "user_agent.original",
    "trace": "trace_id",
    "request": "request.id",
    "exception": "exception.type",
    "database": "db.name",
}
_NUMBERS = frozenset({"pid", "tid", "line", "status", "connection"})


@dataclass(frozen=True, slots=True)
class Format:
    """One format of the table. `starts` holds the characters that a line may start with; empty means any. `needs` is text
    that every line of the format contains: looking for it is cheaper than trying the expression.
    `follows` is a regular expression for the shape of the eight characters after the time (see `shape`).

    With `after_time`, the line starts with a time (perhaps in brackets), and `read` continues after it.
    """

    name: str
    read: Reader
    examples: tuple[str, ...]
    starts: str = ""
    after_time: bool = False
    needs: str = ""
    follows: str = ""


DIGITS = "0123456789"
_SHAPE = {ord(char): "A" for char in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_SHAPE |= {ord(char): "a" for char in "abcdefghijklmnopqrstuvwxyz"} | {ord(char): "0" for char in DIGITS}


def shape(text: str) -> str:
    """Return text with A for capitals, a for small letters and 0 for digits."""
    return text.translate(_SHAPE)


Adapt = Callable[[ParsedLine, re.Match[str], Context], ParsedLine | None]


def pattern(
    name: str,
    regex: str,
    *examples: str,
    starts: str = "",
    after_time: bool = False,
    needs: str = "",
    follows: str = "",
    levels: Mapping[str, str] | None = None,
    default: str | None = None,
    adapt: Adapt | None = None,
) -> Format:
    """Return a format for a regular expression that fits the whole line.

    `levels` maps this format's own level words; others are known to `severities`. `default` is the severity without a
    level. `adapt` changes the result, or refuses the line with None.
    """
    compiled = re.compile(rf"(?:{regex})\Z", re.DOTALL)
    reader = _PatternReader(name, compiled, levels or {}, default, adapt)
    return Format(name, reader.read, examples, starts, after_time, needs, follows)


class _PatternReader:
    """Reads lines with a regular expression. What a group becomes is decided once, not for each line."""

    __slots__ = (
        "_adapt",
        "_columns",
        "_default",
        "_known",
        "_level",
        "_levels",
        "_message",
        "_name",
        "_regex",
        "_time",
        "_zone",
    )

    def __init__(
        self, name: str, regex: re.Pattern[str], levels: Mapping[str, str], default: str | None, adapt: Adapt | None
    ) -> None:
        self._name, self._regex, self._default, self._adapt = name, regex, default, adapt
        self._levels = levels
        self._known: dict[str, tuple[str | None, str | None]] = {}
        groups = {group: number - 1 for group, number in regex.groupindex.items()}
        self._level, self._time = groups.pop("level", -1), groups.pop("time", -1)
        self._zone, self._message = groups.pop("zone", -1), groups.pop("message", -1)
        self._columns = tuple(
            (number, ATTRIBUTES.get(group) or group.replace("__", "."), group in _NUMBERS)
            for group, number in groups.items()
        )

    def read(self, text: str, start: int, stamp: Stamp | None, context: Context) -> ParsedLine | None:
        """Return the record of a line that the expression fits from `start` on; None for other lines."""
        match = self._regex.match(text, start)
        if match is None:
            return None
        groups = match.groups()
        if self._time >= 0:
            stamp = read_time(groups[self._time] or "", context)
            if stamp is None:
                return None
        severity, word = self._default, None
        if self._level >= 0 and (level := groups[self._level]):
            severity, word = self._known.get(level) or self._severity(level)
            if severity is None:
                return None  # the word in the level's position is not a level
        message = groups[self._message] if self._message >= 0 else None
        parsed = ParsedLine(message or text.strip(), None, severity, word)
        parsed.format = self._name
        if stamp is not None:
            set_time(parsed, stamp)
        attributes = parsed.attributes
        if self._zone >= 0 and stamp is not None and (zone := groups[self._zone]):
            _set_zone(parsed, text[:start], zone, context)
        for number, key, counts in self._columns:
            value = groups[number]
            if value and value != "-":
                attributes[key] = int(value) if counts and is_number(value) else value
        return self._adapt(parsed, match, context) if self._adapt else parsed

    def _severity(self, level: str) -> tuple[str | None, str | None]:
        known, word = level_of(level)
        found = self._levels.get(level) or known or self._default, word
        if len(self._known) < 256 and len(level) <= 32:
            self._known[level] = found
        return found


def is_number(text: str) -> bool:
    """Return whether text is a decimal number that fits 64 bits."""
    return text.isascii() and text.isdecimal() and len(text) < 19 and (text[0] != "0" or text == "0")


def set_time(parsed: ParsedLine, stamp: Stamp) -> None:
    """Set the time of a record, and what had to be assumed about it."""
    parsed.timestamp, parsed.later = stamp.moment, stamp.later
    if stamp.notes:
        parsed.attributes.update(stamp.notes)


def _set_zone(parsed: ParsedLine, head: str, zone: str, context: Context) -> None:
    """Read the time at the head of a line again with the zone that follows it. An unknown zone becomes an attribute."""
    time = head.strip().lstrip("[(<")
    try:
        named = parse_zone(zone) if "/" in zone else None
        found = read_time(time, context._replace(zone=named)) if named else read_time(f"{time} {zone}", context)
    except ValueError:
        found = None
    if found is not None:
        set_time(parsed, found)
    else:
        parsed.attributes["time.zone"] = zone


def leading_time(line: str, context: Context) -> Stamp | None:
    """Return the time at the start of a line, perhaps after spaces and an opening bracket, with the index after both."""
    start = len(line) - len(line.lstrip(" \t")) if line[:1] in {" ", "\t"} else 0
    return find_time(line, context, start + (line[start : start + 1] in {"[", "(", "<"}))


def from_status(parsed: ParsedLine, _match: re.Match[str], _context: Context) -> ParsedLine:
    """Set the severity of an access log line from its HTTP status."""
    parsed.severity = severities.from_status(parsed.attributes.get("http.response.status_code", "")) or "info"
    return parsed
