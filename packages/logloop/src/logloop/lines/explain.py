"""Explains how lines are read: which format, which time and level, which record they join, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from logloop.lines.envelopes import Envelope
from logloop.lines.joining import Joiner
from logloop.lines.parsed import ParsedLine
from logloop.lines.reader import LineReader, add_envelope
from logloop.lines.text import clean
from logloop.lines.times.timestamps import is_believable


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one line is read. `joins` is the number of the line whose record it continues."""

    number: int
    line: str
    format: str
    timestamp: datetime | None
    severity: str | None
    message: str
    attributes: dict[str, Any]
    reasons: list[str]
    joins: int | None = None


def explain(lines: Iterable[str], reader: LineReader, *, join: bool = True) -> Iterator[Explanation]:
    """Yield the explanation of each line."""
    joiners: dict[str, Joiner] = {}
    heads: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        text, overwritten = clean(line)
        envelope = reader.unwrap(text)
        stream = envelope.stream if envelope else ""
        joiner = joiners.setdefault(stream, Joiner(reader, join=join))
        inner = envelope.text if envelope else text
        reasons = _about_text(line, text, overwritten, envelope)
        if joiner.continues(inner):
            reasons.append(f"it continues the record of line {heads[stream]}")
            yield Explanation(number, line, "", None, None, inner, {}, reasons, heads[stream])
        else:
            heads[stream] = number
            parsed = reader.read(inner)
            reasons += _about_record(parsed, reader)
            if envelope:
                add_envelope(parsed, envelope)
            yield Explanation(
                number,
                line,
                parsed.format,
                parsed.timestamp,
                parsed.severity,
                parsed.message,
                parsed.attributes,
                reasons,
            )
        joiner.feed(inner, envelope, overwritten)


def _about_text(line: str, text: str, overwritten: str, envelope: Envelope | None) -> list[str]:
    reasons = []
    if overwritten:
        reasons.append("text before a carriage return is kept as attribute `overwritten`")
    elif text != line:
        reasons.append("escape sequences or NULs are removed")
    if envelope:
        part = ", a part of a longer line" if envelope.is_partial else ""
        reasons.append(
            f"{envelope.kind} wraps it (stream {envelope.stream}{part}); the text inside is read by itself"
        )
    return reasons


def _about_record(parsed: ParsedLine, reader: LineReader) -> list[str]:
    reasons = [_about_format(parsed)]
    if parsed.timestamp is None:
        reasons.append("it has no time, so it gets the time of the wrapper, of the record before it, or of arrival")
    elif not is_believable(parsed.timestamp, reader.context.now):
        reasons.append("its time cannot be believed; it is kept as attribute `time.claimed`")
    if zone := parsed.attributes.get("time.zone"):
        assumed = parsed.attributes.get("time.zone_assumed")
        known = f"is ambiguous; {assumed} is assumed" if assumed else "is unknown"
        reasons.append(f"the zone {zone} {known}; --timezone decides otherwise")
    if "time.date" in parsed.attributes:
        reasons.append("its time has no date; the latest such time is assumed")
    if parsed.severity is None:
        reasons.append("it has no level where its format puts one, so it counts as info")
    return reasons


def _about_format(parsed: ParsedLine) -> str:
    name = parsed.format
    if name == "text":
        return "no format fits the whole line, so all of it is the message"
    if name == "time":
        return "it starts with a time, and no format fits the rest; the rest is the message"
    return f"the format {name} fits the whole line"
