"""Checks single fields of a log entry and returns their stored form."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from logloop_contracts.log_entry import PROJECT_ID_PATTERN, SERVICE_ID_PATTERN, parse_severity

from logloop_ingest.checking.errors import InvalidValue
from logloop_ingest.checking.rules import Rules
from logloop_ingest.checking.sanitising import sanitised, sanitised_attributes
from logloop_ingest.limits import MAX_PROJECTS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PROJECT = re.compile(PROJECT_ID_PATTERN.removesuffix("$"))
_SERVICE = re.compile(SERVICE_ID_PATTERN.removesuffix("$"))
_MAX_REMEMBERED_TIME = 64
"""Characters of a time up to which it is remembered."""
_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?([Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)


def is_project_id(name: str) -> bool:
    """Return whether a project may have this id."""
    return _PROJECT.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def is_service_id(name: str) -> bool:
    """Return whether a service may have this id."""
    return _SERVICE.fullmatch(name) is not None


def parse_timestamp(text: str) -> int:
    """Return microseconds since 1970 of an RFC 3339 time; finer digits are cut off. Raises InvalidValue."""
    # Most logs have a fraction, and the logs of a request share few seconds, which are parsed once.
    if text[19:20] == "." and text[16:17] == ":":
        end = -1 if text[-1] in "Zz" else -6
        fraction = text[20:end]
        if fraction.isascii() and fraction.isdigit() and text[end] in "Zz+-":
            return _parsed(text[:19] + text[end:]) + int(fraction[:6].ljust(6, "0"))
    return _parsed(text) if len(text) <= _MAX_REMEMBERED_TIME else _parsed.__wrapped__(text)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> int:
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        raise InvalidValue("bad_timestamp", "must be RFC 3339, such as 2026-11-22T10:00:00.123456Z")
    day, clock, fraction, offset = found.groups()
    if offset is None:
        raise InvalidValue("no_offset", "needs an offset: end it with Z or +01:00")
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{'Z' if offset in 'Zz' else offset}")
        micros = (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        raise InvalidValue("bad_timestamp", "is not a valid date, time or offset") from None
    return micros + int((fraction or "0")[:6].ljust(6, "0"))


def _text(value: Any) -> str:
    if value is None:
        raise InvalidValue("missing", "is required")
    if not isinstance(value, str):
        raise InvalidValue("wrong_type", "must be a string")
    return sanitised(value)


def _project(value: Any, rules: Rules) -> str:
    access = rules.access
    if value is None:
        if access.default is None:
            raise InvalidValue("missing", "is required, because the caller is not bound to one project")
        value = access.default
    name = _text(value)
    if name in access.permitted:
        return name
    if not is_project_id(name):
        raise InvalidValue("bad_project", "must be 1 to 63 of a-z, 0-9 and '-', and not begin with '-'")
    denied = access.denied.get(name)
    if denied is not None:
        raise InvalidValue(denied.code, denied.reason)
    raise InvalidValue("too_many_projects", f"exceeds the limit of {MAX_PROJECTS} projects in a request")


def _service(value: Any, _: Rules) -> str:
    name = _text(value)
    if not is_service_id(name):
        raise InvalidValue(
            "bad_service", "must be 1 to 128 of letters, digits and . _ : / @ -, beginning with a letter or digit"
        )
    return name


def _reference(value: Any, rules: Rules) -> str | None:
    if value is None:
        return None
    name = _text(value)
    if not 1 <= len(name) <= rules.limits.reference_length:
        raise InvalidValue(
            "bad_length", f"must have 1 to {rules.limits.reference_length} characters; leave it out if unknown"
        )
    return name


def _message(value: Any, rules: Rules) -> str:
    message = _text(value)
    if len(message) * 4 > rules.limits.message_bytes and len(message.encode()) > rules.limits.message_bytes:
        raise InvalidValue("too_large", f"may have {rules.limits.message_bytes} bytes of UTF-8; split it")
    return message


def _severity(value: Any, _: Rules) -> str:
    try:
        return parse_severity(_text(value)).value
    except ValueError:
        raise InvalidValue("bad_severity", "must be debug, info, warn or error, or a common alias") from None


def _timestamp(value: Any, rules: Rules) -> int:
    micros = parse_timestamp(_text(value))
    if micros < 0:
        raise InvalidValue("too_old", "must not be before 1970")
    if micros > rules.latest_us:
        raise InvalidValue(
            "in_the_future", f"is more than {rules.limits.future_s} s ahead of the server's clock; set your clock"
        )
    return micros


def _attributes(value: Any, rules: Rules) -> dict[str, Any]:
    return sanitised_attributes(value, rules.limits)


FIELDS: dict[str, Callable[[Any, Rules], Any]] = {
    "project_id": _project,
    "timestamp": _timestamp,
    "severity": _severity,
    "service_id": _service,
    "test_id": _reference,
    "func_id": _reference,
    "source": _reference,
    "message": _message,
    "attributes": _attributes,
}
"""The check of each field: it returns the stored value or raises InvalidValue."""
