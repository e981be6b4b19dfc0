"""Node.js: npm, NestJS, pino-pretty and warnings of Node itself. pino, bunyan and winston write JSON."""

from __future__ import annotations

from logloop.lines.formats.table import pattern

FORMATS = (
    pattern(
        "npm",
        r"(?P<message>npm (?P<level>ERR!|WARN|notice|error|warn|info|http|verb|sill)(?: .*)?)",
        "npm ERR! code E404",
        "npm warn deprecated a@1: use b",
        starts="n",
    ),
    pattern(
        "nestjs",
        r"\[(?P<program>Nest)\] (?P<pid>\d+) +- (?P<time>\d[^A-Z]+[AP]M) +(?P<level>LOG|ERROR|WARN|DEBUG|VERBOSE|FATAL) (?P<message>.*)",
        "[Nest] 31  - 11/22/2026, 11:06:01 PM   ERROR [PayService] card refused",
        starts="[",
    ),
    pattern(
        "pino-pretty",
        r"\] (?P<level>[A-Z]+) \((?:(?P<logger>[\w.@/-]+)/)?(?P<pid>\d+)(?: on (?P<host>[\w.-]+))?\): (?P<message>.*)",
        "[2026-11-22 23:06:01.123 +0000] ERROR (31 on web1): card refused",
        after_time=True,
        follows=r"\] A",
    ),
    pattern(
        "node-warning",
        r"(?P<message>\(node:(?P<pid>\d+)\) (?:\[\w+\] )?\w*Warning: .*)",
        "(node:31) [DEP0040] DeprecationWarning: The `punycode` module is deprecated.",
        starts="(",
        default="warn",
    ),
)
