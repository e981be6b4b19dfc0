"""Python programs: logging, loguru, structlog, celery, gunicorn, uvicorn, Django, warnings."""

from __future__ import annotations

import re

from logloop.lines import severities
from logloop.lines.formats.table import pattern
from logloop.lines.parsed import Context, ParsedLine
from logloop.lines.structured.logfmt import parse_pairs

_LEVEL = r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)"


def _structlog(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    """Read the pairs after the event, which structlog separates by several spaces."""
    event, gap, pairs = match["message"].partition("  ")
    fields = parse_pairs(pairs) if gap else None
    if fields:
        parsed.message = event
        parsed.attributes.update(fields)
    return parsed


def _loguru(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.func_id = match["where"]
    del parsed.attributes["where"]
    return parsed


def _status(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.severity = severities.from_status(match["status"]) or "info"
    return parsed


def _uvicorn(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    if match["status"]:
        parsed.severity = severities.from_status(match["status"]) or parsed.severity
    return parsed


FORMATS = (
    pattern(
        "python",
        rf"{_LEVEL}:(?P<logger>[\w.]+):(?P<message>.*)",
        "WARNING:shop.pay:slow",
        starts="DIWEC",
    ),
    pattern(
        "python",
        rf" - (?P<message>(?P<logger>[\w.]+) - {_LEVEL} - .*)",
        "2026-11-22 23:06:01,123 - shop.pay - ERROR - card refused",
        after_time=True,
        follows=" - ",
    ),
    pattern(
        "loguru",
        r" \| (?P<level>\w+) *\| (?P<where>[\w.]+:[\w.<>]+):(?P<line>\d+) - (?P<message>.*)",
        "2026-11-22 23:06:01.123 | WARNING  | shop.pay:charge:12 - slow card",
        after_time=True,
        follows=r" \| ",
        adapt=_loguru,
    ),
    pattern(
        "structlog",
        r" \[(?P<level>debug|info|warning|error|critical|exception) *\] (?P<message>.*)",
        "2026-11-22 23:06:01 [warning  ] card refused             amount=3 user=42",
        after_time=True,
        follows=r" \[a",
        adapt=_structlog,
    ),
    pattern(
        "airflow",
        rf"\] \{{(?P<place>[\w.-]+:\d+)\}} {_LEVEL} - (?P<message>.*)",
        "[2026-11-22T23:06:01.123+0000] {taskinstance.py:1937} ERROR - Task failed with exception",
        after_time=True,
        follows=r"\] \{",
    ),
    pattern(
        "cloud-init",
        rf" - (?P<file>[\w.-]+\.py)\[{_LEVEL}\]: (?P<message>.*)",
        "2026-11-22 23:06:01,123 - util.py[WARNING]: Failed running the script",
        after_time=True,
        follows=" - ",
    ),
    pattern(
        "ansible",
        rf" p=(?P<pid>\d+) u=(?P<user>\S+)(?: n=(?P<logger>\S+))? (?:{_LEVEL} ?)?\| +(?P<message>.*)",
        "2026-11-22 23:06:01,123 p=31 u=root n=ansible WARNING| No inventory was parsed",
        after_time=True,
        follows=" a=0",
    ),
    pattern(
        "ansible",
        r"(?P<message>(?P<level>fatal|failed|unreachable|ok|changed|skipping): \[[^\]]+\].*)",
        'failed: [web1] (item=a) => {"msg": "no disk"}',
        starts="fuocs",
        levels={
            "unreachable": "error",
            "failed": "error",
            "fatal": "error",
            "ok": "info",
            "changed": "info",
            "skipping": "info",
        },
    ),
    pattern(
        "celery",
        rf": {_LEVEL}/(?P<thread>[\w-]+)\] (?P<message>.*)",
        "[2026-11-22 23:06:01,123: ERROR/MainProcess] Task shop.pay raised unexpected: ValueError()",
        after_time=True,
        follows=": A",
    ),
    pattern(
        "gunicorn",
        rf"\] \[(?P<pid>\d+)\] \[{_LEVEL}\] (?P<message>.*)",
        "[2026-11-22 23:06:01 +0000] [31] [INFO] Booting worker with pid: 31",
        after_time=True,
        follows=r"\] \[",
    ),
    pattern(
        "uvicorn",
        rf'(?P<message>{_LEVEL}: {{2,}}(?:(?P<client>[\w.:]+):\d+ - "(?P<method>[A-Z]+) (?P<path>\S+) [^"]*" (?P<status>\d{{3}}))?.*)',
        'INFO:     127.0.0.1:3 - "GET / HTTP/1.1" 200 OK',
        starts="DIWEC",
        adapt=_uvicorn,
    ),
    pattern(
        "tornado",
        r"\[(?P<level>[DIWEC]) (?P<time>\d{6} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d [\d:.]+) (?P<place>[^\]]+)\] (?P<message>.*)",
        "[E 261122 23:06:01 web:1789] Uncaught exception GET /",
        "[W 2026-11-22 23:06:01.123 ServerApp] 404 GET /api",
        starts="[",
        levels={"D": "debug", "I": "info", "W": "warn", "E": "error", "C": "error"},
    ),
    pattern(
        "django",
        r'\] (?P<message>"(?P<method>[A-Z]+) (?P<path>\S+) [^"]*" (?P<status>\d{3}) \d+)',
        '[22/Nov/2026 23:06:01] "GET /cart/ HTTP/1.1" 500 145',
        after_time=True,
        follows=r'\] "',
        adapt=_status,
    ),
    pattern(
        "python-warning",
        r"(?P<message>(?P<file>[^\s:]+\.py):(?P<line>\d+): (?P<exception>\w*Warning): .*)",
        "/app/shop/pay.py:12: DeprecationWarning: use charge()",
        default="warn",
        needs="Warning: ",
    ),
)
