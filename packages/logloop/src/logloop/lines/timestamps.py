"""Parses the times in log lines. A time without a zone is in the zone that the caller passes."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_MONTH = "(?P<mon>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?"
_ZONE = r"(?:\s?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d(?!\d)))?"
_FORMS = (
    rf"(?P<year>\d{{4}})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ]{_CLOCK}{_ZONE}",  # ISO 8601, Python, Go, nginx
    rf"(?P<day>\d\d)/{_MONTH}/(?P<year>\d{{4}}):{_CLOCK}{_ZONE}",  # common log format
    # syslog, Apache
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?{_MONTH} (?P<day>[ \d]\d) {_CLOCK}(?: (?P<year>\d{{4}}))?",
    rf"(?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_CLOCK}",  # Redis
    rf"(?P<year>\d{{4}})?(?P<month>\d\d)(?P<day>\d\d) {_CLOCK}",  # glog, klog
)
TIMESTAMP_FORMS = tuple(re.compile(form) for form in _FORMS)
_EARLIEST_EPOCH, _LATEST_EPOCH = 10**8, 10**11  # 1973 to 5138, in seconds


class LocalZone(tzinfo):
    """This machine's zone, including daylight saving time."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """Return the offset of a local wall-clock time."""
        return moment.replace(tzinfo=None).astimezone().utcoffset() if moment else None

    def dst(self, _moment: datetime | None) -> timedelta | None:
        """Return None; the offset includes it."""
        return None

    def tzname(self, _moment: datetime | None) -> str:
        """Return `local`."""
        return "local"


def parse_zone(text: str) -> tzinfo:
    """Parse `local`, `UTC`, an offset such as `+02:00` or a name such as `Europe/Berlin`. Raises ValueError."""
    if text.lower() == "local":
        return LocalZone()
    if text.upper() in {"UTC", "Z", "GMT"}:
        return UTC
    if re.fullmatch(r"[+-]\d\d:?\d\d", text):
        return _offset(text)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {text!r}; use local, UTC, +02:00 or Europe/Berlin") from error


@functools.lru_cache(maxsize=8)  # several formats try the same line
def match_timestamp(text: str, zone: tzinfo, now: datetime) -> tuple[datetime, int] | None:
    """Return the time at the start of `text` and its end index; None without a time.

    A time without a year gets the latest year that does not put it more than a day after `now`.
    """
    for form in TIMESTAMP_FORMS:
        match = form.match(text)
        if match is not None:
            moment = _build(match.groupdict(), zone, now)
            return (moment, match.end()) if moment else None
    return None


def read_timestamp(value: object, zone: tzinfo, now: datetime) -> datetime | None:
    """Return the time in a field: text, or seconds, milliseconds, microseconds or nanoseconds since 1970."""
    if isinstance(value, dict):
        value = value.get("$date")
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _from_epoch(float(value), value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if re.fullmatch(r"\d{9,19}(\.\d+)?", text):
        return _from_epoch(float(text), int(text) if text.isdigit() else float(text))
    found = match_timestamp(text, zone, now)
    return found[0] if found and found[1] == len(text) else None


def _from_epoch(size: float, value: float) -> datetime | None:
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        if _EARLIEST_EPOCH <= size / unit < _LATEST_EPOCH:
            micros = round(value * 1_000_000 / unit) if unit < 1_000_000 else int(value * 1_000_000 // unit)
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return None


def _build(parts: dict[str, str | None], zone: tzinfo, now: datetime) -> datetime | None:
    month = parts.get("month") or str(MONTHS[(parts.get("mon") or "jan").lower()])
    micros = int(((parts.get("fraction") or "0") + "000000")[:6])
    where = _offset(parts["zone"]) if parts.get("zone") else zone
    clock = (int(parts["hour"] or 0), int(parts["minute"] or 0), int(parts["second"] or 0), micros)
    years = [int(parts["year"] or 0)] if parts.get("year") else [now.year + 1, now.year, now.year - 1]
    for year in years:
        try:
            moment = datetime(year, int(month), int(parts["day"] or 1), *clock, tzinfo=where)
        except ValueError:
            continue
        if parts.get("year") or moment <= now + timedelta(days=1):
            return moment.astimezone(UTC)
    return None


def _offset(text: str | None) -> tzinfo:
    if text is None or text in {"Z", "UTC", "GMT"}:
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "").ljust(4, "0")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
