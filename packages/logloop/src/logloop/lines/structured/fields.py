"""Maps named values to the fields of an entry, whatever the casing and separators of the names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from logloop.lines import severities
from logloop.lines.parsed import Context, ParsedLine
from logloop.lines.times.timestamps import read_field

_TIME, _MESSAGE, _SEVERITY = "time", "message", "severity"
_NAMES = {
    _TIME: "timestamp time ts t datetime date asctime eventtime realtimetimestamp timeunixnano "
    "timegenerated timecreated instant timemillis eventtimestamp logtime timestampms created "
    "createdat systemtime utctime timestamputc "
    "observedtimeunixnano receivetimestamp",
    _MESSAGE: "message msg event log m renderedmessage shortmessage textpayload text body mt messagetemplate "
    "formattedmessage logmessage fullmessage description",
    _SEVERITY: "severity level lvl levelname loglevel severitytext l leveldisplayname severitylevel severitynumber "
    "levelno errorseverity priority levelvalue syslogseverity s status at",
    "service_id": "serviceid servicename service",
    "test_id": "testid",
    "func_id": "funcid",
    "source": "source stream",
}
"""Names in lower case without separators, the strongest first."""
_ROLES = {name: (role, rank) for role, names in _NAMES.items() for rank, name in enumerate(names.split())}
_NESTED = (
    "fields",
    "jsonpayload",
    "protopayload",
    "log",
    "properties",
    "data",
    "record",
    "event",
    "payload",
    "attributes",
)
_MANY_FIELDS = 64
_KEPT = frozenset({"status", "at"})
"""Fields that give a severity and mean something else besides."""


@lru_cache(maxsize=8192)
def plain_name(name: str) -> str:
    """Return a field's name in lower case without separators."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@lru_cache(maxsize=8192)
def _role(name: str) -> tuple[str, int]:
    return _ROLES.get(plain_name(name), ("", 0))


@lru_cache(maxsize=512)  # the lines of a program have the same fields
def _roles(names: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the roles that these fields have, each with the names of its fields, the strongest first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        role, rank = _role(name)
        if role:
            found.setdefault(role, []).append((rank, name))
    return tuple((role, tuple(name for _, name in sorted(ranked))) for role, ranked in found.items())


def from_fields(fields: Mapping[str, Any], line: str, context: Context, format_name: str) -> ParsedLine:
    """Return the record of named values; without a message field the whole line is the message."""
    rest = dict(fields)
    roles = _roles(tuple(fields)) if len(fields) <= _MANY_FIELDS else _roles.__wrapped__(tuple(fields))
    parsed = ParsedLine("")
    parsed.format = format_name
    for role, names in roles:
        if role == _TIME:
            _take_time(parsed, rest, names, context)
        elif role == _MESSAGE:
            _take_message(parsed, rest, names)
        elif role == _SEVERITY:
            _take_severity(parsed, rest, names)
        else:
            _take_id(parsed, rest, role, names)
    if not parsed.message or parsed.severity is None or parsed.timestamp is None:
        _take_nested(parsed, rest, context)
    parsed.message = parsed.message or line.strip()
    if "attributes" in rest:
        _merge_attributes(rest)
    parsed.attributes = rest
    return parsed


def _take_time(parsed: ParsedLine, rest: dict[str, Any], names: Iterable[str], context: Context) -> None:
    for name in names:
        value = rest[name]
        if isinstance(value, str) and value[2:3] == ":" and isinstance(rest.get("date"), str):
            value = f"{rest['date']} {value}"
        if stamp := read_field(value, context):
            parsed.timestamp, parsed.later = stamp.moment, stamp.later
            del rest[name]
            if stamp.notes:
                rest.update(stamp.notes)
            return


def _take_message(parsed: ParsedLine, rest: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        value = rest[name]
        if isinstance(value, str) and value.strip():
            parsed.message = rest.pop(name).rstrip("\r\n")
            return


def _take_severity(parsed: ParsedLine, rest: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        plain, value = plain_name(name), rest[name]
        is_kept = plain in _KEPT
        if is_kept and (not isinstance(value, str) or value.isdecimal()):
            continue  # a status is usually a number with another meaning
        severity = severities.from_field(plain, value)
        if severity is None:
            continue
        parsed.severity = severity
        if not is_kept and not isinstance(value, dict):
            del rest[name]
            if value not in severities.FOUR:
                word = str(value)
                parsed.severity_text = None if word.lower() in severities.FOUR else word
        return


def _take_id(parsed: ParsedLine, rest: dict[str, Any], target: str, names: Iterable[str]) -> None:
    for name in names:
        value = rest[name]
        if isinstance(value, str) and value:
            setattr(parsed, target, rest.pop(name))
            return
        if (
            target == "service_id"
            and isinstance(value, dict)
            and isinstance(value.get("name"), str)
            and value["name"]
        ):
            parsed.service_id = value["name"]
            return


def _take_nested(parsed: ParsedLine, rest: dict[str, Any], context: Context) -> None:
    """Look one level deeper, as tracing, ECS, GCP and Azure nest their fields."""
    for name, value in rest.items():
        if not isinstance(value, dict) or plain_name(name) not in _NESTED:
            continue
        inner = dict(value)
        ranks = sorted((*_role(key), key) for key in inner if _role(key)[0])
        if not parsed.message:
            _take_message(parsed, inner, [key for role, _, key in ranks if role == _MESSAGE])
        if parsed.severity is None:
            _take_severity(parsed, inner, [key for role, _, key in ranks if role == _SEVERITY])
        if parsed.timestamp is None:
            _take_time(parsed, inner, [key for role, _, key in ranks if role == _TIME], context)
        rest[name] = inner


def _merge_attributes(rest: dict[str, Any]) -> None:
    nested = rest.get("attributes")
    if isinstance(nested, dict):
        del rest["attributes"]
        for name, value in nested.items():
            key = f"attributes.{name}" if name in rest and rest[name] != value else name
            rest[key] = value
