"""Databases, brokers and search engines: PostgreSQL, MySQL, MongoDB, Redis, RabbitMQ, Elasticsearch, ClickHouse."""

from __future__ import annotations

import re

from logloop.lines.formats.table import DIGITS, pattern
from logloop.lines.parsed import Context, ParsedLine

_POSTGRES = "LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?|STATEMENT|DETAIL|HINT|CONTEXT|QUERY|LOCATION"
MYSQL_COMMANDS = (
    "Query|Connect|Quit|Prepare|Execute|Close stmt|Reset stmt|Init DB|Statistics|Field List|Change user|Ping|Fetch"
)
_REDIS = {".": "debug", "-": "info", "*": "info", "#": "warn"}
_ZONE = r"(?:[A-Z]{2,5}|[+-]\d\d(?::?\d\d)?)"


def _mysql_old(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine | None:
    """Accept only the times of old servers, such as 261122 23:06:01."""
    return parsed if match.string[:6].isdecimal() else None


def _mysql_slow(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.message = match.string.strip()
    return parsed


def _without_level_text(parsed: ParsedLine, _match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.severity_text = None  # a letter or a punctuation mark
    return parsed


FORMATS = (
    pattern(
        "cockroachdb",
        r"(?P<level>[IWEF])(?P<time>\d{6} \d\d:\d\d:\d\d\.\d+) (?P<tid>\d+) (?:(?P<cockroachdb__channel>\d+)@)?(?P<place>[\w./-]+:\d+) +(?P<message>.*)",
        "E261122 23:06:01.123456 12 1@server/node.go:123 ⋮ [n1] 45 disk is full",
        starts="IWEF",
        levels={"I": "info", "W": "warn", "E": "error", "F": "error"},
        adapt=_without_level_text,
    ),
    pattern(
        "postgresql",
        rf"(?: (?P<zone>{_ZONE}))? (?P<message>\[(?P<pid>\d+)(?:-\d+)?\]:?(?: \[[\d-]+\])?"
        rf"(?: (?:user=)?(?P<user>[\w.-]+|\[unknown\])[@,](?:db=)?(?P<database>[\w.-]+|\[unknown\])\S*)?(?: \S+)?? (?P<level>{_POSTGRES}):  .*)",
        "2026-11-22 23:06:01.123 UTC [9] FATAL:  no such role",
        "2026-11-23 00:06:01.123 CET [9] shop@orders ERROR:  duplicate key",
        after_time=True,
        needs=":  ",
        follows=r" (?:\[|A{2,5} \[|[+-])",
    ),
    pattern(
        "postgresql",
        rf":(?P<message>(?P<client>[\w.:\[\]]*)\((?P<client__port>\d+)\):(?P<user>[^@:]*)@(?P<database>[^:]*):\[(?P<pid>\d+)\]:(?P<level>{_POSTGRES}):  .*)",
        "2026-11-22 23:06:01 UTC:10.0.0.1(52434):shop@orders:[31]:ERROR:  duplicate key",
        after_time=True,
        follows=":",
    ),
    pattern(
        "mysql",
        r" +(?P<tid>\d+) \[(?P<level>\w+)\] (?P<message>(?:\[(?P<mysql__code>MY-\d+)\] \[(?P<mysql__subsystem>\w+)\] )?.*)",
        "2026-11-22T23:06:01.123456Z 0 [Warning] [MY-010068] [Server] CA certificate is self signed",
        "2026-11-22 23:06:01 0 [Note] InnoDB: Buffer pool loaded",
        after_time=True,
        follows=" [ 0]",
    ),
    pattern(
        "mysql",
        r" \[(?P<level>Note|Warning|ERROR|System)\] (?P<message>.*)",
        "261122 23:06:01 [ERROR] Can't start server",
        after_time=True,
        follows=r" \[",
        adapt=_mysql_old,
    ),
    pattern(
        "mysql-general",
        rf"\t *(?P<tid>\d+) (?P<message>(?P<mysql__command>{MYSQL_COMMANDS})\t.*)",
        "2026-11-22T23:06:01.123456Z\t   12 Query\tSELECT 1",
        after_time=True,
        follows="\t",
        default="info",
    ),
    pattern(
        "mysql-general",
        rf"\t\t *(?P<tid>\d+) (?P<message>(?P<mysql__command>{MYSQL_COMMANDS})\t.*)",
        "\t\t   12 Quit\t",
        starts="\t",
        default="info",
    ),
    pattern(
        "mysql-slow",
        r"# Time: (?P<time>.+)",
        "# Time: 2026-11-22T23:06:01.123456Z",
        starts="#",
        default="info",
        adapt=_mysql_slow,
    ),
    pattern(
        "mysql-slow",
        r"# User@Host: (?P<user>\S+) @ .*",
        "# User@Host: shop[shop] @ localhost []  Id:     3",
        starts="#",
        default="info",
        adapt=_mysql_slow,
    ),
    pattern(
        "mongodb",
        r" (?P<level>[FEWIDM])(?P<mongodb__verbosity>\d)? +(?P<mongodb__component>[A-Z_]+|-) +\[(?P<mongodb__context>[^\]]+)\] ?(?P<message>.*)",
        "2020-03-31T21:19:46.942+0000 E WRITE    [conn1] failed",
        "2020-03-31T21:19:46.942+0000 I  NETWORK  [listener] connection accepted",
        after_time=True,
        follows=" A[ 0]",
        levels={"E": "error", "F": "error", "W": "warn", "I": "info", "D": "debug", "M": "info"},
    ),
    pattern(
        "redis",
        r"(?P<pid>\d+):(?P<redis__role>[XCSM]) (?P<time>\d\d \w{3} \d{4} [\d:.]+) (?P<level>[.\-*#]) (?P<message>.*)",
        "1:M 22 Nov 2026 23:06:01.123 * Ready to accept connections",
        "31:C 22 Nov 2026 23:06:01.123 # out of memory",
        starts=DIGITS,
        levels=_REDIS,
        adapt=_without_level_text,
    ),
    pattern(
        "redis",
        r"\[(?P<pid>\d+)\] (?P<time>\d\d \w{3} [\d:.]+) (?P<level>[.\-*#]) (?P<message>.*)",
        "[31] 22 Nov 23:06:01.123 # out of memory",
        starts="[",
        levels=_REDIS,
        adapt=_without_level_text,
    ),
    pattern(
        "rabbitmq",
        r" \[(?P<level>\w+)\] (?P<erlang__pid><\d+\.\d+\.\d+>) ?(?P<message>.*)",
        "2026-11-22 23:06:01.123456+00:00 [info] <0.230.0> Server startup complete; 3 plugins started.",
        after_time=True,
        follows=r" \[a",
    ),
    pattern(
        "rabbitmq",
        r"=(?P<level>ERROR|WARNING|INFO|CRASH|PROGRESS|SUPERVISOR) REPORT==== (?P<time>.+) ===",
        "=ERROR REPORT==== 22-Nov-2026::23:06:01 ===",
        starts="=",
        levels={"CRASH": "error", "SUPERVISOR": "error", "PROGRESS": "info"},
    ),
    pattern(
        "elasticsearch",
        r"\] ?\[(?P<level>[A-Z]+) *\] ?\[(?P<logger>[\w.$]+) *\] *(?P<message>.*)",
        "[2026-11-22T23:06:01,123][WARN ][o.e.d.HandshakingTransport] [node-1] handshake failed",
        after_time=True,
        follows=r"\] ?\[",
    ),
    pattern(
        "clickhouse",
        r" \[ (?P<tid>\d+) \] \{(?P<clickhouse__query_id>[^}]*)\} <(?P<level>\w+)> (?P<message>.*)",
        "2026.11.22 23:06:01.123456 [ 31 ] {} <Error> Application: no space left",
        after_time=True,
        follows=r" \[ ",
    ),
)
