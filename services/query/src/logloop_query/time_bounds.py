"""Parses and formats times: RFC 3339, `now`, or an age such as 15m, 2h or 7d."""

import re
from datetime import UTC, datetime, timedelta

_AGE = re.compile(r"(?:now-)?(\d{1,6})(ms|s|m|h|d|w)", re.ASCII)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def parse_moment(text: str, now: datetime) -> datetime:
    """Return the UTC time of RFC 3339 (without offset: UTC), `now`, `15m` or `now-15m` (15 minutes ago).

    Raises ValueError that lists the accepted formats.
    """
    word = text.strip()
    if word == "now":
        return now.astimezone(UTC)
    age = _AGE.fullmatch(word)
    try:
        if age:
            return now.astimezone(UTC) - timedelta(seconds=int(age[1]) * _UNITS[age[2]])
        moment = datetime.fromisoformat(word)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"invalid time {text[:60]!r}; use RFC 3339 (2026-11-22T10:00:00Z), an age (15m, 2h, 7d) or now"
        ) from None


def to_microseconds(moment: datetime) -> int:
    """Return the microseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """Return the UTC datetime of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


def rfc3339(value_us: int) -> str:
    """Return RFC 3339 in UTC with microseconds and Z."""
    return f"{from_microseconds(value_us).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
