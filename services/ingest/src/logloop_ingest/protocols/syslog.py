"""Reads syslog messages: RFC 5424, and RFC 3164 as programs really send it."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from logloop_ingest.checking.errors import InvalidValue
from logloop_ingest.checking.fields import parse_timestamp
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.translated_entries import TranslatedEntry
from logloop_ingest.protocols.translation.severities import of_syslog, severity_in
from logloop_ingest.protocols.translation.values import cut, service_id

_PRIORITY = re.compile(r"<(\d{1,3})>", re.ASCII)
_RFC5424 = re.compile(
    r"1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) (?P<process>\S+) (?P<id>\S+) "
    r'(?P<data>-|(?:\[(?:[^\]"\\]|\\.|"(?:[^"\\]|\\.)*")*\])+)(?: (?P<message>.*))?\Z',
    re.DOTALL,
)
_ELEMENT = re.compile(r'\[([^ =\]"]+)((?: [^ =\]"]+="(?:[^"\\]|\\.)*")*) *\]', re.DOTALL)
_PARAMETER = re.compile(r'([^ =\]"]+)="((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\\]])')
_BSD_TIME = re.compile(r"([A-Z][a-z]{2}) ([ \d]\d) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?:? ", re.ASCII)
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\S+ ", re.ASCII)
_TAG = re.compile(r"(?P<tag>[A-Za-z0-9_][\w./@+-]{0,63})(?:\[(?P<pid>[\w.-]{1,32})\])?: ?", re.ASCII)
_HOST = re.compile(r"(?P<host>[A-Za-z0-9_][\w.:%-]{0,254}) (?=[^ ])", re.ASCII)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "security", "console", "solaris-cron", *(f"local{number}" for number in range(8)),
)  # fmt: skip
_LEVELS = ("emergency", "alert", "critical", None, None, "notice", None, None)
"""What severities of syslog say beyond the four of an entry."""
_LARGEST_PRIORITY = 191


class SyslogDefaults(NamedTuple):
    """What a message gets that does not state it: its service, its host, and the zone of a time without one."""

    service: str
    host: str | None = None
    zone: tzinfo = UTC


class _Parts(NamedTuple):
    message: str
    at_us: int | None = None
    host: str | None = None
    program: str | None = None
    attributes: dict[str, Any] = {}  # noqa: RUF012 - never changed


def entry_of_syslog(data: bytes, defaults: SyslogDefaults, limits: Limits, now_us: int) -> TranslatedEntry:
    """Return the entry of a message. What is not syslog at all becomes the text of an entry."""
    text = data.decode("utf-8", "replace").rstrip("\r\n\0")
    match = _PRIORITY.match(text)
    priority = int(match[1]) if match else None
    if match is None or priority is None or priority > _LARGEST_PRIORITY:
        priority, rest = None, text
    else:
        rest = text[match.end() :]
    parts = _rfc5424(rest) or _rfc3164(rest, defaults.zone, now_us)
    attributes = dict(parts.attributes)
    if host := parts.host or defaults.host:
        attributes["host.name"] = host
    if parts.program:
        attributes["program"] = parts.program
    if priority is not None:
        attributes["syslog.facility"] = _FACILITIES[priority // 8]
        if name := _LEVELS[priority % 8]:
            attributes["severity_text"] = name
    message, cut_attributes = cut(parts.message or rest or text, attributes, limits.message_bytes)
    return TranslatedEntry(
        service_id(parts.program) if parts.program else defaults.service,
        message,
        severity_in(message) if priority is None else of_syslog(priority % 8),
        now_us if parts.at_us is None else parts.at_us,
        source="syslog",
        attributes=cut_attributes or None,
    )


def _rfc5424(text: str) -> _Parts | None:
    match = _RFC5424.match(text)
    if match is None:
        return None
    at_us = None
    if match["time"] != "-":
        try:
            at_us = parse_timestamp(match["time"])
        except InvalidValue:
            return None
    attributes: dict[str, Any] = {}
    if match["process"] != "-":
        attributes["process.pid"] = _number(match["process"])
    if match["id"] != "-":
        attributes["syslog.message_id"] = match["id"]
    if match["data"] != "-":
        attributes["syslog.structured_data"] = _structured(match["data"])
    # rsyslog keeps the blank that follows the tag of a message in the old format.
    message = (match["message"] or "").removeprefix("\ufeff").removeprefix(" ")
    return _Parts(message, at_us, _stated(match["host"]), _stated(match["app"]), attributes)


def _number(process: str) -> int | str:
    return int(process) if process.isascii() and process.isdecimal() and len(process) < 12 else process


def _stated(value: str) -> str | None:
    return None if value == "-" else value


def _structured(text: str) -> dict[str, Any] | str:
    """Return structured data as objects by their id; the text itself if it is not well-formed."""
    found: dict[str, Any] = {}
    end = 0
    for element in _ELEMENT.finditer(text):
        if element.start() != end:
            return text
        end = element.end()
        values = {name: _ESCAPED.sub(r"\1", value) for name, value in _PARAMETER.findall(element[2])}
        found.setdefault(element[1], {}).update(values)
    return found if end == len(text) else text


def _rfc3164(text: str, zone: tzinfo, now_us: int) -> _Parts:
    at_us, rest = _time(text, zone, now_us)
    host = None
    tag = _TAG.match(rest)
    if at_us is not None and tag is None and (found := _HOST.match(rest)):
        host, rest = found["host"], rest[found.end() :]
        tag = _TAG.match(rest)
    if tag is None:
        return _Parts(rest, at_us, host)
    attributes: dict[str, Any] = {}
    if pid := tag["pid"]:
        attributes["process.pid"] = _number(pid)
    return _Parts(rest[tag.end() :], at_us, host, tag["tag"], attributes)


def _time(text: str, zone: tzinfo, now_us: int) -> tuple[int | None, str]:
    """Return the time at the start of a message, and the rest."""
    if iso := _ISO_TIME.match(text):
        try:
            return parse_timestamp(iso[0].strip()), text[iso.end() :]
        except InvalidValue:
            return None, text
    match = _BSD_TIME.match(text)
    if match is None or match[1] not in _MONTHS:
        return None, text
    now = datetime.fromtimestamp(now_us / 1e6, zone)
    day, hour, minute, second = (int(match[group]) for group in (2, 4, 5, 6))
    years = [int(match[3])] if match[3] else [now.year + 1, now.year, now.year - 1]
    for year in years:
        try:
            moment = datetime(year, _MONTHS[match[1]], day, hour, minute, min(second, 59), tzinfo=zone)
        except ValueError:  # 29 February, or no date at all
            continue
        if match[3] or moment <= now + timedelta(days=1):
            return round(moment.timestamp() * 1e6) + int((match[7] or "0").ljust(6, "0")), text[match.end() :]
    return None, text
