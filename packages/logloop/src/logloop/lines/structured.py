"""Parses structured lines: JSON objects (also from mongod, journald and Docker) and logfmt.

Fields other than message, time, severity and ids become attributes.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, tzinfo
from typing import Any

from logloop.lines import severities
from logloop.lines.parsed import ParsedLine
from logloop.lines.timestamps import read_timestamp

TIME_FIELDS = (
    "timestamp", "@timestamp", "time", "ts", "t", "datetime", "date", "asctime", "eventTime", "__REALTIME_TIMESTAMP",
)  # fmt: skip
MESSAGE_FIELDS = ("message", "msg", "event", "log", "MESSAGE", "short_message", "text", "body", "@message")
SEVERITY_FIELDS = (
    "severity", "level", "lvl", "levelname", "log.level", "severity_text", "loglevel", "log_level", "levelno",
    "PRIORITY", "s", "@level",
)  # fmt: skip
ID_FIELDS = {
    "service_id": ("service_id", "service.name", "service"),
    "test_id": ("test_id",),
    "func_id": ("func_id",),
    "source": ("source", "stream"),
}
_PAIR = re.compile(r'\s*([A-Za-z_@][\w.@/-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?=\s|$)')
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def parse_json(line: str, zone: tzinfo, now: datetime) -> ParsedLine | None:
    """Parse a JSON object; None for any other line."""
    text = line.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    if "msg" in fields and "c" in fields and isinstance(fields.get("t"), dict):
        fields = _mongod_fields(fields)
    return from_fields(fields, line, zone, now)


def _mongod_fields(fields: dict[str, Any]) -> dict[str, Any]:
    more = fields.get("attr")
    named = {"component": fields.get("c"), "context": fields.get("ctx"), "log_id": fields.get("id"), "attr": more}
    kept = {name: value for name, value in fields.items() if name in {"t", "s", "msg", "tags"}}
    return {**kept, "mongodb": {name: value for name, value in named.items() if value is not None}}


def parse_logfmt(line: str, zone: tzinfo, now: datetime) -> ParsedLine | None:
    """Parse a line of at least two `key=value key="two words"` pairs; None for any other line."""
    fields: dict[str, Any] = {}
    position, text = 0, line.rstrip()
    while position < len(text):
        match = _PAIR.match(text, position)
        if match is None:
            return None
        name, quoted, bare = match.groups()
        fields[name] = _unescape(quoted) if quoted is not None else bare
        position = match.end()
    return from_fields(fields, line, zone, now) if len(fields) >= 2 else None


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match.group(1), match.group(1)), text)


def from_fields(fields: dict[str, Any], line: str, zone: tzinfo, now: datetime) -> ParsedLine:
    """Map named values to entry fields; without a message field the whole line is the message."""
    rest = dict(fields)
    parsed = ParsedLine(message=line.strip())
    for name in TIME_FIELDS:
        if name in rest and (moment := read_timestamp(rest[name], zone, now)):
            parsed.timestamp = moment
            del rest[name]
            break
    _take_message(parsed, rest)
    _take_severity(parsed, rest)
    for target, names in ID_FIELDS.items():
        found = next((name for name in names if isinstance(rest.get(name), str) and rest[name]), None)
        if found:
            setattr(parsed, target, rest.pop(found))
    nested = rest.pop("attributes", None)
    if isinstance(nested, dict):
        rest = {**nested, **rest}
    elif nested is not None:
        rest["attributes"] = nested
    parsed.attributes = rest
    return parsed


def _take_message(parsed: ParsedLine, rest: dict[str, Any]) -> None:
    for name in MESSAGE_FIELDS:
        value = rest.get(name)
        if isinstance(value, str) and value.strip():
            parsed.message = rest.pop(name).rstrip("\n")
            return


def _take_severity(parsed: ParsedLine, rest: dict[str, Any]) -> None:
    for name in SEVERITY_FIELDS:
        severity = severities.from_field(name, rest[name]) if name in rest else None
        if severity:
            parsed.severity = severity
            word = str(rest.pop(name))
            parsed.severity_text = None if word.lower() in severities.FOUR else word
            return
