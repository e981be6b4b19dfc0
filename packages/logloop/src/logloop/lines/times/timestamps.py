"""Reads the times in log lines. A time without a zone is in the zone that the caller passes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from logloop.lines.parsed import Context
from logloop.lines.severities import HEAD_LEVELS
from logloop.lines.times import zones
from logloop.lines.times.forms import EPOCH, FORMS, MONTHS, SECONDS, TIME_STARTS, forms_at
from logloop.lines.times.zones import parse_zone

__all__ = [
    "EARLIEST",
    "Stamp",
    "epochs_lead",
    "find_time",
    "is_believable",
    "latest_believable",
    "match_timestamp",
    "parse_zone",
    "read_field",
    "read_time",
    "read_timestamp",
]

FURTHEST_AHEAD = timedelta(days=1) - timedelta(minutes=1)
"""Ingest refuses entries that are more than a day ahead; a minute is left for clocks that differ."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""The earliest time that is believed."""
_EARLIEST_EPOCH, _LATEST_EPOCH = 10**8, 10**11  # 1973 to 5138, in seconds
_ORDERS = {
    "ymd": ("y2", "mo", "d"),
    "mdy": ("mo", "d", "y2"),
    "dmy": ("d", "mo", "y2"),
}
_NUMBER = re.compile(r"[+-]?\d{9,19}(?:\.\d+)?", re.ASCII)
_LEVEL_FOLLOWS = re.compile(
    rf"[\])]?[\s,;|:-]{{1,3}}(?:[\[<](?i:{HEAD_LEVELS})[\]>]|(?:{HEAD_LEVELS})(?=[\s:|,])|(?i:{HEAD_LEVELS})(?=[|,:\t]))"
)
_ENOUGH_EPOCHS = 3
_JSON_DATE = re.compile(r"/Date\((-?\d{1,16})(?:[+-]\d{4})?\)/", re.ASCII)


class Stamp(NamedTuple):
    """A time in text: the moment in UTC, the index after it, and what had to be assumed.

    `later` is the second reading when clocks go back. `text` is the time as written.
    """

    moment: datetime
    end: int
    later: datetime | None = None
    notes: Mapping[str, str] | None = None


class _Moment(NamedTuple):
    moment: datetime
    later: datetime | None
    notes: Mapping[str, str] | None
    zone_length: int


class _Recent(NamedTuple):
    """A time that was read: the text before its fraction of a second, how long that is, and the text after it.

    Lines of the same second have the same `before` and `after`. The time means the same wherever nothing follows that
    could belong to it.
    """

    before: str
    context: Context
    start: int
    width: int
    after: str
    moment: datetime
    later: datetime | None
    notes: Mapping[str, str] | None


_MOST_RECENT = 4
_recent: tuple[_Recent, ...] = ()
_ENDED = re.compile(
    r"[^\s\w:.,+/-]|\s[^\w\s+-]|\s\s|\s[b-oq-z03-9_]|\s[+-](?!\d)|\s(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)(?!\w)|\Z",
    re.ASCII,
)
"""What follows a time and cannot belong to it, whatever the form of the time."""


def find_time(text: str, context: Context, start: int = 0) -> Stamp | None:
    """Return the time that starts at an index of text; None without one.

    A time without a year gets the latest year that does not put it more than a day after the present.
    """
    if text[start : start + 1] not in TIME_STARTS:
        return None
    for before, known, where, width, after, moment, later, notes in _recent:
        if known is not context or where != start or not text.startswith(before, start):
            continue
        begin = start + len(before)
        end = begin + width
        stop = end + len(after)
        if stop > len(text) or (after and not text.startswith(after, end)) or not _ENDED.match(text, stop):
            continue
        if not width:
            return Stamp(moment, stop, later, notes)
        digits = text[begin:end]
        if digits.isdecimal() and digits.isascii():
            micros = int((digits + "00000")[:6])
            return Stamp(moment.replace(microsecond=micros), stop, later and later.replace(microsecond=micros), notes)
    return _find_time(text, context, start)


def _find_time(text: str, context: Context, start: int) -> Stamp | None:
    for form in forms_at(text, start):
        match = form.regex.match(text, start)
        if match is None:
            continue
        begin, end = match.span("f")
        key = match.group() if begin < 0 else text[start:begin] + "0" + text[end : match.end()]
        now = context.now if form.uses_now else EARLIEST
        found = _build(form.name, key, context.zone, now, context.date_order)
        if found is None:
            continue
        stop = match.end() - found.zone_length
        if begin < 0:
            begin = end = stop
        _remember(_Recent(text[start:begin], context, start, end - begin, text[end:stop], *found[:3]))
        micros = int((text[begin:end] + "000000")[:6])
        later = found.later and found.later.replace(microsecond=micros)
        return Stamp(found.moment.replace(microsecond=micros), stop, later, found.notes)
    return _epoch_at(text, context, start) if text[start : start + 1] == "1" else None


def _remember(time: _Recent) -> None:
    global _recent  # noqa: PLW0603  # the times of the lines before, as in a cache
    others = (other for other in _recent if other.start != time.start or other.after != time.after)
    _recent = (time, *islice(others, _MOST_RECENT - 1))


def _epoch_at(text: str, context: Context, start: int) -> Stamp | None:
    match = EPOCH.match(text, start)
    if match is None and (match := SECONDS.match(text, start)):
        is_certain = context.has_epochs or _LEVEL_FOLLOWS.match(text, match.end())
        match = match if is_certain and int(match.group()) <= latest_believable(context.now).timestamp() else None
    moment = _from_epoch(match.group()) if match else None
    return Stamp(moment, match.end()) if match and moment else None


def epochs_lead(lines: Sequence[str], now: datetime) -> bool:
    """Return whether most lines start with seconds since 1970: numbers that never fall and are not in the future."""
    found = [match for line in lines if (match := SECONDS.match(line, line[:1] == "["))]
    numbers = [int(match.group()) for match in found]
    is_most = len(found) >= _ENOUGH_EPOCHS and 2 * len(found) > len(lines)
    return is_most and numbers == sorted(numbers) and numbers[-1] <= latest_believable(now).timestamp()


@lru_cache(maxsize=4096)  # the lines of one second share their time
def _build(form: str, text: str, zone: tzinfo, now: datetime, order: str) -> _Moment | None:
    """Return the time that the form of this name reads in `text`, which has no fraction of a second."""
    match = FORMS[form].regex.match(text)
    if match is None:
        return None
    parts = match.groupdict()
    if "a" in parts:
        return _of_unknown_order(parts, zone, now, order)
    return _of_parts(parts, zone, now)


def _of_unknown_order(parts: dict[str, str | None], zone: tzinfo, now: datetime, order: str) -> _Moment | None:
    numbers = parts["a"], parts["b"], parts["c"]
    if len(parts["c"] or "") == 4:
        orders = ["mdy", "dmy"] if parts["sep"] == "/" else ["dmy", "mdy"]
    else:
        orders = ["mdy", "dmy"] if parts.get("ampm") else ["ymd", "mdy", "dmy"]
    if order in orders:
        orders = [order, *[other for other in orders if other != order]]
    for candidate in orders:
        named = dict(zip(_ORDERS[candidate], numbers, strict=True))
        found = _of_parts(parts | named, zone, now)
        if found and found.moment <= now + timedelta(days=1):
            return found
    return None


def _of_parts(parts: Mapping[str, str | None], zone: tzinfo, now: datetime) -> _Moment | None:
    month = int(parts.get("mo") or MONTHS.get((parts.get("mon") or "")[:3].lower(), 0))
    day, notes = int(parts.get("d") or 0), {}
    hour, minute, second = int(parts["h"] or 0), int(parts["mi"] or 0), int(parts.get("s") or 0)
    if half := parts.get("ampm"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    leap = second == 60
    clock = (hour, minute, 59 if leap else second)
    if not month:
        local, notes = _latest_clock(clock, zone, now), {"time.date": "assumed"}
    else:
        local = _latest_date(_year(parts), month, day, clock, now)
    if local is None:
        return None
    name = (parts.get("z1") or parts.get("z") or "").strip()
    where, length, said = _zone_of(name, len(parts.get("z") or ""), local, zone)
    extra = timedelta(seconds=1) if leap else timedelta()
    try:
        moment = local.replace(tzinfo=where).astimezone(UTC) + extra
        later = local.replace(tzinfo=where, fold=1).astimezone(UTC) + extra
    except (OverflowError, ValueError):
        return None
    return _Moment(moment, later if later > moment else None, {**notes, **said} or None, length)


def _year(parts: Mapping[str, str | None]) -> int | None:
    text = parts.get("y") or parts.get("y1") or parts.get("y2")
    if text is None:
        return None
    return int(text) if len(text) == 4 else int(text) + (1900 if int(text) >= 69 else 2000)


def _latest_date(
    year: int | None, month: int, day: int, clock: tuple[int, int, int], now: datetime
) -> datetime | None:
    for candidate in [year] if year is not None else range(now.year + 1, now.year - 8, -1):
        try:
            local = datetime(candidate, month, day, *clock)  # noqa: DTZ001 - the zone is added once it is known
        except ValueError:
            continue
        if year is not None or local <= now.replace(tzinfo=None) + timedelta(days=1):
            return local
    return None


def _latest_clock(clock: tuple[int, int, int], zone: tzinfo, now: datetime) -> datetime | None:
    present = now.astimezone(zone).replace(tzinfo=None)
    try:
        local = present.replace(hour=clock[0], minute=clock[1], second=clock[2], microsecond=0)
    except ValueError:
        return None
    return local if local <= present + timedelta(hours=1) else local - timedelta(days=1)


def _zone_of(name: str, length: int, local: datetime, zone: tzinfo) -> tuple[tzinfo, int, dict[str, str]]:
    """Return the zone, how many characters at the end do not belong to it, and what had to be assumed."""
    if not name:
        return zone, 0, {}
    if fixed := zones.offset(name):
        return fixed, 0, {}
    found = zones.abbreviated(name, local, zone)
    if found is None:  # at the end it is a word of the text; inside the time it is kept as attribute
        return zone, length, {} if length else {"time.zone": name}
    where, is_certain = found
    if is_certain:
        return where, 0, {}
    return where, 0, {"time.zone": name, "time.zone_assumed": local.replace(tzinfo=where).strftime("%z")}


def match_timestamp(text: str, zone: tzinfo, now: datetime) -> tuple[datetime, int] | None:
    """Return the time at the start of `text` and its end index; None without a time."""
    found = find_time(text, Context(zone, now))
    return (found.moment, found.end) if found else None


def read_time(text: str, context: Context) -> Stamp | None:
    """Return the time that is the whole text; None for any other text."""
    text = text.strip()
    found = find_time(text, context)
    if found and found.end == len(text):
        return found
    if found and (zone := zones.offset(text[found.end :].strip())):
        return find_time(text, context._replace(zone=zone))
    if _NUMBER.fullmatch(text) and (moment := _from_epoch(text)):
        return Stamp(moment, len(text))
    return None


def read_timestamp(value: object, zone: tzinfo, now: datetime) -> datetime | None:
    """Return the time in a field: text, or seconds, milliseconds, microseconds or nanoseconds since 1970."""
    found = read_field(value, Context(zone, now))
    return found.moment if found else None


def read_field(value: object, context: Context) -> Stamp | None:
    """Return the time in a field, with what had to be assumed about it."""
    if isinstance(value, dict):
        value = _nested(value)
    if isinstance(value, str):
        if value[:1] == "/" and (match := _JSON_DATE.fullmatch(value.strip())):
            return read_field(int(match[1]), context)
        return read_time(value, context)
    if isinstance(value, int | float) and not isinstance(value, bool):
        moment = _from_epoch(value)
        return Stamp(moment, 0) if moment else None
    return None


def _nested(value: Mapping[str, Any]) -> object:
    """Return the time in an object: MongoDB's extended JSON, log4j's instant, or protobuf's timestamp."""
    seconds = next((value[name] for name in ("epochSecond", "seconds") if name in value), None)
    nanos = next((value[name] for name in ("nanoOfSecond", "nanos") if name in value), 0)
    if isinstance(seconds, int | str) and isinstance(nanos, int) and str(seconds).isdecimal():
        return f"{int(seconds)}.{nanos:09d}"
    found = value.get("$date")
    return found.get("$numberLong") if isinstance(found, dict) else found


def _from_epoch(value: str | float) -> datetime | None:
    try:
        size = abs(float(value))
    except (OverflowError, ValueError):
        return None
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        if _EARLIEST_EPOCH <= size / unit < _LATEST_EPOCH:
            return EARLIEST + timedelta(microseconds=_micros(value, unit))
    return None


def _micros(value: str | float, unit: int) -> int:
    if isinstance(value, str):
        whole, _, fraction = value.partition(".")
        if unit == 1:
            return int(whole) * 1_000_000 + int(fraction[:6].ljust(6, "0") or 0)
        value = int(whole)
    if isinstance(value, int):
        return value * 1_000_000 // unit
    return round(value * 1_000_000 / unit)


def latest_believable(now: datetime) -> datetime:
    """Return the latest time that is believed: nearly a day from now. The earliest is EARLIEST."""
    return now + FURTHEST_AHEAD


def is_believable(moment: datetime, now: datetime) -> bool:
    """Return whether a time is between 1970 and a day from now."""
    return EARLIEST <= moment <= latest_believable(now)
