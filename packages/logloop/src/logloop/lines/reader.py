"""Reads single lines with the format table. A format reads a line only when it fits the whole line."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from logloop.lines.envelopes import Envelope, have_prefixes, unwrap
from logloop.lines.formats import TABLE, generic, syslog
from logloop.lines.formats.table import Format, leading_time, shape
from logloop.lines.parsed import Context, ParsedLine, merged
from logloop.lines.structured.json_lines import from_object, parse_json
from logloop.lines.structured.logfmt import parse_logfmt
from logloop.lines.text import clean
from logloop.lines.times.forms import TIME_STARTS, date_orders
from logloop.lines.times.timestamps import Stamp, epochs_lead
from logloop.lines.w3c import Columns

LONGEST_PARSED = 1024 * 1024
"""Characters. Only the head of a longer line is read; its text is kept all the same."""
_NESTING = frozenset({"syslog", "syslog-5424", "time", "level-time"})
_INSIDE_SYSLOG = frozenset("{[<(0123456789")
_BEFORE_TIME = TIME_STARTS | frozenset(" \t[(<")
_SAME_ZONE = timedelta(minutes=1)
_QUARTER = timedelta(minutes=15)
_FARTHEST_ZONE = timedelta(hours=15)


class LineReader:
    """Reads the lines of one input. It remembers what the input shows: its format, its hosts, the order of its dates.

    `now` is the present; without it, the clock is read. `formats` are the user's own, tried first.
    """

    def __init__(
        self, kind: str = "auto", zone: tzinfo = UTC, now: datetime | None = None, formats: Sequence[Format] = ()
    ) -> None:
        self._json = kind in {"auto", "json"}
        self._logfmt = kind in {"auto", "logfmt"}
        self._text = kind in {"auto", "text"}
        self._own = tuple(formats)
        table = TABLE if self._text else ()
        self._after_time = tuple(entry for entry in table if entry.after_time)
        self._without_time = tuple(entry for entry in table if not entry.after_time)
        self._by_start: dict[str, tuple[Format, ...]] = {}
        self._by_shape: dict[str, tuple[Format, ...]] = {}
        self._last: Format | None = None
        self._last_untimed: Format | None = None
        self._was_logfmt = False
        self._columns = Columns()
        self._context = Context(zone, now or datetime.now(UTC))
        self._is_now_fixed = now is not None
        self._looked_at = time.monotonic()

    @property
    def context(self) -> Context:
        """What the readers of formats get."""
        if not self._is_now_fixed and time.monotonic() - self._looked_at > 1:
            self._looked_at = time.monotonic()
            self._context = self._context._replace(now=datetime.now(UTC))
        return self._context

    def set_now(self, now: datetime | None) -> None:
        """Set the present; None means the clock."""
        self._is_now_fixed = now is not None
        self._context = self._context._replace(now=now or datetime.now(UTC))

    def learn(self, lines: Iterable[str]) -> None:
        """Look at the first lines of an input before reading it: they show its hosts and the order of its dates."""
        lines, orders = list(lines), {"ymd", "mdy", "dmy"}
        if hosts := syslog.shared_hosts(lines):
            self._context = self._context._replace(hosts=self._context.hosts | hosts)
        if have_prefixes([clean(line)[0] for line in lines if line.strip()]):
            self._context = self._context._replace(has_prefixes=True)
        if epochs_lead(lines, self._context.now):
            self._context = self._context._replace(has_epochs=True)
        for line in lines:
            text, _ = clean(line)
            envelope = unwrap(text, self._context) if self._text else None
            text = envelope.text if envelope else text
            self.read(text)
            if possible := date_orders(text.lstrip("[( \t")):
                orders &= possible
        if len(orders) == 1:
            self._context = self._context._replace(date_order=orders.pop())

    def unwrap(self, text: str) -> Envelope | None:
        """Return the text inside a wrapped line; None for other lines."""
        if not self._text or (text[:1] == "{" and not self._json):
            return None
        return unwrap(text, self._context)

    def read(self, text: str) -> ParsedLine:
        """Return the record of a line without escape sequences and wrappers."""
        context = self.context
        head = text if len(text) <= LONGEST_PARSED else text[:LONGEST_PARSED]
        parsed = self._read(head, context)
        if parsed.format in _NESTING:
            self._read_inside(parsed, context)
        if head is not text:
            parsed.message += text[LONGEST_PARSED:]
        return parsed

    def read_object(self, fields: dict[str, Any], text: str) -> ParsedLine:
        """Return the record of an object that several lines have spelled out."""
        return from_object(fields, text, self.context)

    def _read(self, text: str, context: Context) -> ParsedLine:
        for entry in self._own:
            if (found := entry.read(text, 0, None, context)) is not None:
                return found
        first = text[:1]
        if self._json and (first == "{" or first in " \t") and (found := parse_json(text, context)):
            return found
        if self._text and (first == "#" or self._columns.are_known) and (found := self._columns.read(text, context)):
            return found
        if first in _BEFORE_TIME and (stamp := leading_time(text, context)) is not None:
            return self._read_after_time(text, stamp, context)
        found = self._read_without_time(text, context)
        return found or generic.plain(text)

    def _read_after_time(self, text: str, stamp: Stamp, context: Context) -> ParsedLine:
        last = self._last
        if last and (found := last.read(text, stamp.end, stamp, context)):
            return found
        for entry in self._following(shape(text[stamp.end : stamp.end + 8])):
            if entry.needs and entry.needs not in text:
                continue
            found = entry.read(text, stamp.end, stamp, context)
            if found is not None:
                self._last = None if entry is generic.LEADING_TIME or found.format == "syslog" else entry
                return self._noted(found)
        return generic.plain(text)

    def _following(self, after: str) -> tuple[Format, ...]:
        found = self._by_shape.get(after)
        if found is None:
            found = tuple(f for f in self._after_time if not f.follows or re.match(f.follows, after))
            if len(self._by_shape) < 1_000:
                self._by_shape[after] = found
        return found

    def _read_without_time(self, text: str, context: Context) -> ParsedLine | None:
        if self._was_logfmt and (found := parse_logfmt(text, context)):
            return found
        last = self._last_untimed
        if last and (not last.starts or text[:1] in last.starts) and (found := last.read(text, 0, None, context)):
            return found
        for entry in self._starting_with(text[:1]):
            if entry.needs and entry.needs not in text:
                continue
            if found := entry.read(text, 0, None, context):
                self._last_untimed = None if entry is generic.LEVEL_FIRST or found.format[:6] == "syslog" else entry
                return self._noted(found)
        found = parse_logfmt(text, context) if self._logfmt else None
        self._was_logfmt = found is not None
        return found

    def _starting_with(self, first: str) -> tuple[Format, ...]:
        found = self._by_start.get(first)
        if found is None:
            found = tuple(entry for entry in self._without_time if not entry.starts or first in entry.starts)
            if len(self._by_start) < 256:
                self._by_start[first] = found
        return found

    def _noted(self, parsed: ParsedLine) -> ParsedLine:
        if parsed.is_certain and parsed.format not in self._context.formats:
            self._context = self._context._replace(formats=self._context.formats | {parsed.format})
        if parsed.format[:6] != "syslog":
            return parsed
        host, hosts = syslog.certain_host(parsed), self._context.hosts
        if host and host not in hosts and len(hosts) < 256:
            self._context = self._context._replace(hosts=hosts | {host})
        return parsed

    def _read_inside(self, parsed: ParsedLine, context: Context) -> None:
        """Read a message that has a format of its own, such as JSON in syslog or after a time."""
        text = parsed.message
        if not text or (parsed.format == "time" and parsed.severity and text[0] != "{"):
            return
        if parsed.format[:6] == "syslog" and text[0] not in _INSIDE_SYSLOG and "=" not in text:
            return
        inner = parse_json(text, context) if self._json and text[0] == "{" else None
        if inner is None and leading_time(text, context) is None:
            inner = self._read_without_time(text, context)
        elif inner is None and parsed.severity is None and text[0] in "[0123456789":
            inner = self._read(text, context)
        if inner is None or inner.format == "time":
            return
        absorb(parsed, inner)


def absorb(parsed: ParsedLine, inner: ParsedLine) -> None:
    """Let the record of the text inside win, except for a time that only the text around it has."""
    parsed.message, parsed.attributes = inner.message, merged(inner.attributes, parsed.attributes)
    if inner.severity:
        parsed.severity, parsed.severity_text = inner.severity, inner.severity_text
    for name in ("service_id", "test_id", "func_id", "source"):
        setattr(parsed, name, getattr(inner, name) or getattr(parsed, name))
    parsed.timestamp = inner.timestamp or parsed.timestamp
    parsed.more, parsed.format = inner.more, f"{parsed.format}+{inner.format}"


def add_envelope(parsed: ParsedLine, envelope: Envelope) -> None:
    """Add what the wrapper says. Its time counts when the text has none, or one that is in another zone."""
    parsed.source = parsed.source or envelope.source
    if envelope.attributes:
        parsed.attributes = merged(parsed.attributes, envelope.attributes)
    parsed.format = f"{envelope.kind}+{parsed.format}"
    if envelope.stamp is None:
        return
    outer = envelope.stamp.moment
    if parsed.timestamp is None:
        parsed.timestamp, parsed.later = outer, None
        return
    apart = abs(parsed.timestamp - outer)
    if apart <= _SAME_ZONE:
        return
    off = min(apart % _QUARTER, _QUARTER - apart % _QUARTER)
    if apart <= _FARTHEST_ZONE and off <= _SAME_ZONE:
        parsed.attributes["time.written"] = parsed.timestamp.isoformat()
        parsed.timestamp, parsed.later = outer, None


def read_any(line: str, zone: tzinfo, now: datetime, kind: str = "auto") -> ParsedLine:
    """Read one line that stands alone."""
    reader = LineReader(kind, zone, now)
    text, overwritten = clean(line)
    envelope = reader.unwrap(text)
    parsed = reader.read(envelope.text if envelope else text)
    if envelope:
        add_envelope(parsed, envelope)
    if overwritten:
        parsed.attributes["overwritten"] = overwritten
    return parsed
