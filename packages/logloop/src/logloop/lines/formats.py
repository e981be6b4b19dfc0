"""Parses the text formats of well-known programs. Each reader returns None for lines in another format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo

from logloop.lines import severities
from logloop.lines.parsed import ParsedLine
from logloop.lines.structured import parse_json, parse_logfmt
from logloop.lines.timestamps import match_timestamp

Reader = Callable[[str, tzinfo, datetime], ParsedLine | None]

_RABBITMQ = re.compile(r" \[(\w+)\] (<\d+\.\d+\.\d+>) ?(.*)", re.DOTALL)
_NGINX_ERROR = re.compile(r" \[(\w+)\] (\d+)#(\d+): (?:\*(\d+) )?(.*)", re.DOTALL)
_SYSLOG_TAG = re.compile(r" (\S+) ([\w./@-]+)(?:\[(\d+)\])?: ?(.*)", re.DOTALL)
_PRIORITY = re.compile(r"<(\d{1,3})>")
_RFC5424 = re.compile(
    r'<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[(?:[^\]"\\]|\\.|"(?:[^"\\]|\\.)*")*\])+) ?\ufeff?(.*)',
    re.DOTALL,
)
_ACCESS = re.compile(
    r'(\S+) \S+ (\S+) \[([^\]]+)\] "([^"\\]*(?:\\.[^"\\]*)*)" (\d{3}) (\d+|-)(?: "([^"]*)" "([^"]*)")?(.*)', re.DOTALL
)
_GLOG = re.compile(r"([IWEF])(?=\d{4})")
_GLOG_REST = re.compile(r"\s+(\d+) ([^\s:\]]+:\d+)\] ?(.*)", re.DOTALL)
_REDIS = re.compile(r"(\d+):([XCSM]) (?=\d)")
_REDIS_REST = re.compile(r" ([.\-*#]) (.*)", re.DOTALL)
_APACHE_PLACE = re.compile(r"\] \[(?:(\w+):)?(\w+)\] \[pid (\d+)(?::tid \d+)?\] (.*)", re.DOTALL)
_CRI = re.compile(r" (stdout|stderr) ([FP]) (.*)", re.DOTALL)
_PYTHON_DEFAULT = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL):([\w.]+):(.*)", re.DOTALL)
_PYTEST_RESULT = re.compile(
    r"(?:(FAILED|ERROR|PASSED|SKIPPED|XFAIL|XPASS) (\S+\.py(?:::\S+)*)(?: - (.*))?|"
    r"(\S+\.py::.+?) (PASSED|FAILED|SKIPPED|ERROR|XFAIL|XPASS)(?:\s+\(.*\))?\s*(?:\[ *\d+%\])?)$",
    re.DOTALL,
)
_WORKFLOW_COMMAND = re.compile(r" ?(?:##\[|::)(error|warning|notice|debug)[^\]:]*(?:\]|::)")
_LOGURU_PLACE = re.compile(r" \| (\w+) *\| ([\w.]+:[\w.<>]+):(\d+) - ")
_SEPARATORS = " \t-|:,"


def rabbitmq(line: str, zone: tzinfo, now: datetime) -> ParsedLine | None:
    """`2026-11-22 23:06:01.123456+00:00 [info] <0.230.0> text`."""
    found = match_timestamp(line, zone, now) if line[:1].isdigit() else None
    match = _RABBITMQ.match(line, found[1]) if found else None
    if not found or not match:
        return None
    return _leveled(match.group(3), found[0], match.group(1), {"erlang.pid": match.group(2)})


def nginx_error(line: str, zone: tzinfo, now: datetime) -> ParsedLine | None:
    """`2026/11/22 23:06:01 [error] 31#31: *1 text`."""
    found = match_timestamp(line, zone, now) if line[:1].isdigit() else None
    match = _NGINX_ERROR.match(line, found[1]) if found else None
    if not found or not match:
        return None
    attributes = {"process.pid": int(match.group(2)), "thread.id": int(match.group(3))}
    if match.group(4):
        attributes["connection"] = int(match.group(4))
    return _leveled(match.group(5), found[0], match.group(1), attributes)


def syslog(line: str, zone: tzinfo, now: datetime) -> ParsedLine | None:
    """RFC 5424, RFC 3164 (`Nov 22 23:06:01 host app[31]: text`), and the same with an ISO time."""
    if match := _RFC5424.match(line):
        return _rfc5424(match, zone, now)
    priority = _PRIORITY.match(line)
    text = line[priority.end() :] if priority else line
    found = match_timestamp(text, zone, now)
    match = _SYSLOG_TAG.match(text, found[1]) if found else None
    if not found or not match or match.group(2).upper() in {"INFO", "ERROR", "WARN", "WARNING", "DEBUG", "LOG"}:
        return None
    host, program, pid, message = match.groups()
    if not priority and text[:1].isdigit() and (host.startswith(("[", "-", "|")) or severities.from_word(host)):
        return None  # an application line that starts with an ISO time, without a host
    attributes: dict[str, object] = {"host.name": host, "program": program}
    if pid:
        attributes["process.pid"] = int(pid)
    severity = severities.from_number(int(priority.group(1)) % 8) if priority else severities.from_text(message)
    return ParsedLine(message, found[0], severity, attributes=attributes)


def _rfc5424(match: re.Match[str], zone: tzinfo, now: datetime) -> ParsedLine | None:
    priority, time, host, app, process, message_id, data, message = match.groups()
    found = match_timestamp(time, zone, now)
    named = {
        "host.name": host,
        "program": app,
        "process.pid": process,
        "syslog.message_id": message_id,
        "syslog.structured_data": data,
    }
    attributes = {name: value for name, value in named.items() if value != "-"}
    severity = severities.from_number(int(priority) % 8)
    return ParsedLine(message, found[0] if found else None, severity, attributes=attributes)


def access_log(line: str, zone: tzinfo, now: datetime) -> ParsedLine | None:
    """Common and combined log format of Apache, nginx and Caddy."""
    match = _ACCESS.match(line)
    found = match_timestamp(match.group(3), zone, now) if match else None
    if not match or not found:
        return None
    client, user, _, request, status, size, referer, agent, _ = match.groups()
    attributes: dict[str, object] = {"client.address": client, "http.response.status_code": int(status)}
    method, _, rest = request.partition(" ")
    if rest:
        attributes["http.request.method"] = method
        attributes["url.path"] = rest.partition(" ")[0].partition("?")[0]
    more = {"user.name": user, "http.referer": referer, "user_agent.original": agent}
    attributes |= {name: value for name, value in more.items() if value and value != "-"}
    severity = "error" if status >= "500" else "warn" if status >= "400" else "info"
    return ParsedLine(f'"{request}" {status} {size}', found[0], severity, attributes=attributes)


def glog(line: str, zone: tzinfo, now: datetime) -> ParsedLine | None:
    """`E1122 23:06:01.123456      31 server.go:55] text`, also with a year as in absl."""
    letter = _GLOG.match(line)
    found = match_timestamp(line[1:], zone, now) if letter else None
    match = _GLOG_REST.match(line, found[1] + 1) if found else None
    if not letter or not found or not match:
        return None
    attributes = {"thread.id": int(match.group(1)), "code.location": match.group(2)}
    return ParsedLine(match.group(3), found[0], severities.from_field("s", letter.group(1)), attributes=attributes)


def redis(line: str, zone: tzinfo, now: datetime) -> ParsedLine | None:
    """`1:M 22 Nov 2026 23:06:01.123 * text`."""
    head = _REDIS.match(line)
    found = match_timestamp(line[head.end() :], zone, now) if head else None
    match = _REDIS_REST.match(line, head.end() + found[1]) if head and found else None
    if not head or not found or not match:
        return None
    severity = {".": "debug", "-": "info", "*": "info", "#": "warn"}[match.group(1)]
    return ParsedLine(match.group(2), found[0], severity, attributes={"process.pid": int(head.group(1))})


def apache_error(line: str, zone: tzinfo, now: datetime) -> ParsedLine | None:
    """`[Sun Nov 22 23:06:01.123456 2026] [core:error] [pid 31:tid 7] text`."""
    found = match_timestamp(line[1:], zone, now) if line.startswith("[") else None
    match = _APACHE_PLACE.match(line, found[1] + 1) if found else None
    if not found or not match:
        return None
    module, level, pid, message = match.groups()
    attributes: dict[str, object] = {"process.pid": int(pid), **({"module": module} if module else {})}
    return _leveled(message, found[0], level, attributes)


def container(line: str, zone: tzinfo, now: datetime) -> ParsedLine | None:
    """Kubernetes' CRI: `2026-11-22T23:06:01.123456789Z stderr F text`; the text is parsed by its own format."""
    found = match_timestamp(line, zone, now) if line[:1].isdigit() else None
    match = _CRI.match(line, found[1]) if found else None
    if not found or not match:
        return None
    inner = read_any(match.group(3), zone, now)
    inner.timestamp = inner.timestamp or found[0]
    inner.source = inner.source or match.group(1)
    inner.is_header = not match.group(3)[:1].isspace()
    return inner


def pytest_result(line: str, _zone: tzinfo, _now: datetime) -> ParsedLine | None:
    """`FAILED tests/test_pay.py::test_card - AssertionError` and `tests/test_pay.py::test_card PASSED [ 10%]`."""
    match = _PYTEST_RESULT.match(line.rstrip())
    if not match:
        return None
    outcome, test_id = match.group(1) or match.group(5), match.group(2) or match.group(4)
    severity = "error" if outcome in {"FAILED", "ERROR"} else "info"
    return ParsedLine(line.rstrip(), None, severity, test_id=test_id, attributes={"test.outcome": outcome.lower()})


def python_default(line: str, _zone: tzinfo, _now: datetime) -> ParsedLine | None:
    """`WARNING:shop.pay:text`, the format of logging.basicConfig()."""
    match = _PYTHON_DEFAULT.match(line)
    if not match:
        return None
    return _leveled(match.group(3), None, match.group(1), {"logger.name": match.group(2)})


def leading_time(line: str, zone: tzinfo, now: datetime) -> ParsedLine | None:
    """Any line that starts with a time, optionally in brackets, with a level word near it."""
    offset = 1 if line.startswith("[") else 0
    found = match_timestamp(line[offset:], zone, now)
    if not found:
        return None
    rest = line[offset + found[1] :]
    place = _LOGURU_PLACE.match(rest)
    command = _WORKFLOW_COMMAND.match(rest)
    word = command.group(1) if command else severities.level_word(rest)
    message = _after_head(rest, word) if offset == 0 or rest[:1] in {"]", " "} else rest
    parsed = (
        _leveled(message, found[0], word, {}) if word else ParsedLine(message, found[0], severities.from_text(rest))
    )
    if place:
        parsed.func_id = place.group(2)
        parsed.message = rest[place.end() :]
        parsed.attributes["code.line.number"] = int(place.group(3))
    return parsed


def _after_head(rest: str, word: str | None) -> str:
    text = rest.lstrip("] " + _SEPARATORS)
    if word:
        text = re.sub(rf"^\[?{re.escape(word)}\b\]?[\s:|-]*", "", text)
    return text or rest.strip()


def _leveled(message: str, time: datetime | None, word: str, attributes: Mapping[str, object]) -> ParsedLine:
    severity = severities.from_word(word) or severities.from_text(message)
    text = None if word.lower() in severities.FOUR or severities.from_word(word) is None else word
    return ParsedLine(message, time, severity, text, attributes=dict(attributes))


def plain(line: str, _zone: tzinfo, _now: datetime) -> ParsedLine:
    """Any text; a level word near its start sets the severity."""
    word = severities.level_word(line)
    return ParsedLine(line, severity=severities.from_text(line), is_header=word is not None)


FORMATS: dict[str, tuple[Reader, ...]] = {
    "json": (parse_json,),
    "logfmt": (parse_logfmt,),
    "text": (
        rabbitmq, container, nginx_error, syslog, access_log, glog, redis, apache_error, pytest_result,
        python_default, leading_time,
    ),
}  # fmt: skip
FORMATS["auto"] = (parse_json, parse_logfmt, *FORMATS["text"])


def read_any(line: str, zone: tzinfo, now: datetime, readers: tuple[Reader, ...] = FORMATS["auto"]) -> ParsedLine:
    """Parse a line with the first format that matches, else as plain text."""
    for reader in readers:
        parsed = reader(line, zone, now)
        if parsed is not None:
            return parsed
    return plain(line, zone, now)
