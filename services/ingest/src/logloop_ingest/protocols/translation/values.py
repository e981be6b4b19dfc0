"""Turns values of other formats into those of an entry: service ids, times and texts."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from logloop_ingest.checking.errors import InvalidValue
from logloop_ingest.checking.fields import parse_timestamp

UNKNOWN_SERVICE = "unknown"
TRUNCATED_ATTRIBUTE = "truncated_bytes"
"""Attribute that says how many bytes were cut from the end of a message."""
_MAX_SERVICE = 128
_NOT_IN_SERVICE = re.compile(r"[^A-Za-z0-9._:/@-]+")
_DIGITS_OF_MILLISECONDS = 11
_DIGITS_OF_MICROSECONDS = 14
_DIGITS_OF_NANOSECONDS = 17


@lru_cache(maxsize=4096)
def service_id(name: str) -> str:
    """Return the id of a service with this name. Other characters than an id may have become hyphens."""
    valid = _NOT_IN_SERVICE.sub("-", name.strip()).lstrip("._:/@-")[:_MAX_SERVICE]
    return valid or UNKNOWN_SERVICE


def first_text(values: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """Return the first of these values that is a text with characters other than blanks."""
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return None


def micros(value: Any) -> int | None:
    """Return microseconds since 1970 of a time, None if it is none.

    A number is a time in seconds, milliseconds, microseconds or nanoseconds, by its size. A text is such a number, or
    RFC 3339; without an offset it is in UTC.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return _micros_of_text(value.strip())
    if isinstance(value, int):
        return _micros_of_integer(value)
    if isinstance(value, float) and math.isfinite(value):
        return round(value * _factor(int(value)))
    return None


def _micros_of_integer(value: int) -> int:
    digits = len(str(abs(value)))
    if digits >= _DIGITS_OF_NANOSECONDS:
        return value // 1000
    return value * int(_factor(value))


def _factor(value: int) -> float:
    """Return the microseconds of the unit in which this is a time between the years 1973 and 5138."""
    digits = len(str(abs(value)))
    if digits >= _DIGITS_OF_NANOSECONDS:
        return 1e-3
    if digits >= _DIGITS_OF_MICROSECONDS:
        return 1
    return 1e3 if digits > _DIGITS_OF_MILLISECONDS else 1e6


def _micros_of_text(text: str) -> int | None:
    if text.isdigit() and text.isascii() and len(text) <= 20:
        return _micros_of_integer(int(text))
    try:
        return parse_timestamp(text)
    except InvalidValue as error:
        if error.code == "no_offset":
            return _micros_of_text(f"{text}Z")
    try:
        return round(float(text) * _factor(int(float(text))))
    except (ValueError, OverflowError):
        return _micros_of_iso(text)


def _micros_of_iso(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e6)


def text_of(value: Any) -> str:
    """Return a message: a text as it is, None as an empty one, anything else as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        pass
    try:
        return str(value)
    except RecursionError:
        return "(nested too deeply)"


def json_number(value: float) -> float | str:
    """Return a number as JSON can have it; NaN and Infinity become texts."""
    return value if math.isfinite(value) else str(value)


def cut(message: str, attributes: dict[str, Any] | None, max_bytes: int) -> tuple[str, dict[str, Any]]:
    """Return a message of at most `max_bytes` bytes; the attributes say how many were cut.

    A client of another platform cannot split a message that is too long, and would lose it.
    """
    if len(message) * 4 <= max_bytes:
        return message, attributes or {}
    encoded = message.encode("utf-8", "replace")
    if len(encoded) <= max_bytes:
        return message, attributes or {}
    kept = encoded[:max_bytes].decode("utf-8", "ignore")
    return kept, {**(attributes or {}), TRUNCATED_ATTRIBUTE: len(encoded) - len(kept.encode())}
