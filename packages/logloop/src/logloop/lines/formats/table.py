"""The format table: what a format is, and how a regular expression with named groups becomes one.

A format reads a line only when its expression fits the whole line. Groups of an expression: `message`, `level`, `time`,
`zone`; any other group becomes the attribute that ATTRIBUTES names, or one with its own name (`__` stands for a dot).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from logloop.lines import severities
from logloop.lines.parsed import Context, ParsedLine
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
    reader = partial(_read, name, compiled, levels or {}, default, adapt)
    return Format(name, reader, examples, starts, after_time, needs, follows)


def _read(
    name: str,
    regex: re.Pattern[str],
    levels: Mapping[str, str],
    default: str | None,
    adapt: Adapt | None,
    text: str,
    start: int,
    stamp: Stamp | None,
    context: Context,
) -> ParsedLine | None:
    match = regex.match(text, start)
    if match is None:
        return None
    parsed = ParsedLine("", severity=default, format=name)
    groups = match.groupdict()
    if "time" in groups:
        stamp = read_time(groups.pop("time") or "", context)
        if stamp is None:
            return None
    if stamp is not None:
        set_time(parsed, stamp)
    zone = groups.pop("zone", None)
    if zone and stamp and not _set_zone(parsed, text[:start], zone, context):
        parsed.attributes["time.zone"] = zone
    if word := groups.pop("level", None):
        parsed.set_level(word)
        parsed.severity = levels.get(word) or parsed.severity or default
        if parsed.severity is None:
            return None  # the word in the level's position is not a level
    parsed.message = groups.pop("message", None) or text.strip()
    for group, value in groups.items():
        if value and value != "-":
            key = ATTRIBUTES.get(group) or group.replace("__", ".")
            parsed.attributes[key] = int(value) if group in _NUMBERS and is_number(value) else value
    return adapt(parsed, match, context) if adapt else parsed


def is_number(text: str) -> bool:
    """Return whether text is a decimal number that fits 64 bits."""
    return text.isascii() and text.isdecimal() and len(text) < 19 and (text[0] != "0" or text == "0")


def set_time(parsed: ParsedLine, stamp: Stamp) -> None:
    """Set the time of a record, and what had to be assumed about it."""
    parsed.timestamp, parsed.later = stamp.moment, stamp.later
    if stamp.notes:
        parsed.attributes.update(stamp.notes)


def _set_zone(parsed: ParsedLine, head: str, zone: str, context: Context) -> bool:
    """Read the time at the head of a line again with the zone that follows it."""
    time = head.strip().lstrip("[(<")
    try:
        named = parse_zone(zone) if "/" in zone else None
    except ValueError:
        return False
    found = read_time(time, context._replace(zone=named)) if named else read_time(f"{time} {zone}", context)
    if found is not None:
        set_time(parsed, found)
    return found is not None


def leading_time(line: str, context: Context) -> Stamp | None:
    """Return the time at the start of a line, perhaps after spaces and an opening bracket, with the index after both."""
    start = len(line) - len(line.lstrip(" \t")) if line[:1] in {" ", "\t"} else 0
    return find_time(line, context, start + (line[start : start + 1] in {"[", "(", "<"}))


def from_status(parsed: ParsedLine, _match: re.Match[str], _context: Context) -> ParsedLine:
    """Set the severity of an access log line from its HTTP status."""
    parsed.severity = severities.from_status(parsed.attributes.get("http.response.status_code", "")) or "info"
    return parsed
