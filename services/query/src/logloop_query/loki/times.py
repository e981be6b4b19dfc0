"""Times and durations as Loki's clients write them."""

import re
from datetime import UTC, datetime

from logloop_query.time_bounds import to_microseconds

SECOND_NS = 1_000_000_000
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": SECOND_NS,
    "m": 60 * SECOND_NS,
    "h": 3_600 * SECOND_NS,
    "d": 86_400 * SECOND_NS,
    "w": 7 * 86_400 * SECOND_NS,
    "y": 365 * 86_400 * SECOND_NS,
}
_PIECE = re.compile(r"(\d{1,15})(?:\.(\d{1,9}))?(ns|us|µs|ms|s|m|h|d|w|y)")
_WHOLE = re.compile(rf"(?:{_PIECE.pattern})+")
_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{0,12})?(e[+-]?\d{1,2})?", re.IGNORECASE)
_SECONDS_DIGITS = 10
"""An integer with at most as many digits is in seconds, a longer one in nanoseconds."""
MAX_NS = 2**63 - 1


def duration_ns(text: str) -> int:
    """Return the nanoseconds of a duration such as 5m or 1h30m. Raises ValueError."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"invalid duration {text[:40]!r}; write it as 30s, 5m or 1h30m")
    pieces = [(match[1], match[2] or "", _UNITS[match[3]]) for match in _PIECE.finditer(text)]
    total = sum(
        int(whole) * unit + (int(part) * unit // 10 ** len(part) if part else 0) for whole, part, unit in pieces
    )
    if not 0 < total <= MAX_NS:
        raise ValueError(f"invalid duration {text[:40]!r}; it must be longer than 0")
    return total


def seconds_or_duration_ns(text: str) -> int:
    """Return the nanoseconds of a step: seconds such as 15 or 0.5, or a duration. Raises ValueError."""
    if _NUMBER.fullmatch(text):
        nanoseconds = int(float(text) * SECOND_NS)
        if not 0 < nanoseconds <= MAX_NS:
            raise ValueError(f"invalid number of seconds {text[:40]!r}; it must be greater than 0")
        return nanoseconds
    return duration_ns(text)


def moment_ns(text: str) -> int:
    """Return nanoseconds since 1970 of a time: RFC 3339, seconds, or nanoseconds. Raises ValueError."""
    try:
        if _NUMBER.fullmatch(text) and ("." in text or "e" in text.lower()):
            found = round(float(text) * 1000) * 1_000_000
        elif _NUMBER.fullmatch(text):
            found = int(text) * (SECOND_NS if len(text) <= _SECONDS_DIGITS else 1)
        else:
            moment = datetime.fromisoformat(text)
            found = to_microseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC)) * 1000
    except (ValueError, OverflowError):
        found = None
    if found is None or abs(found) > MAX_NS:
        raise ValueError(f"invalid time {text[:40]!r}; use nanoseconds or seconds since 1970, or RFC 3339")
    return found
