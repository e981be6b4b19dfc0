"""Go, Rust, .NET, C++, Swift and Elixir programs."""

from __future__ import annotations

import json
import re

from logloop.lines import severities
from logloop.lines.formats.table import DIGITS, pattern
from logloop.lines.parsed import Context, ParsedLine

_DOTNET = {"trce": "debug", "dbug": "debug", "info": "info", "warn": "warn", "fail": "error", "crit": "error"}
_LOGRUS = {
    "TRAC": "debug",
    "DEBU": "debug",
    "INFO": "info",
    "WARN": "warn",
    "ERRO": "error",
    "FATA": "error",
    "PANI": "error",
}
_LETTER = {
    "I": "info",
    "W": "warn",
    "E": "error",
    "F": "error",
    "D": "debug",
    "N": "info",
    "T": "debug",
    "C": "error",
}


def _zap(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine | None:
    """Read the columns of zap and Caddy: logger, caller, message, fields."""
    if severities.from_word(match["level"]) is None:
        return None
    columns = match["message"].split("\t")
    if len(columns) > 1 and columns[-1].startswith("{"):
        try:
            fields = json.loads(columns[-1])
        except (ValueError, RecursionError):
            fields = None
        if isinstance(fields, dict):
            parsed.attributes["fields"] = fields
            columns.pop()
    while len(columns) > 1 and re.fullmatch(r"[\w.$/@-]+(?::\d+)?", columns[0]):
        name = "code.location" if ":" in columns[0] else "logger.name"
        if name in parsed.attributes:
            break
        parsed.attributes[name] = columns.pop(0)
    parsed.message = "\t".join(columns)
    return parsed


def _letter(parsed: ParsedLine, _match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.severity_text = None
    return parsed


def _swift(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine | None:
    """Accept only the times of swift-log: 2026-11-22T23:06:01+0000. Otherwise "error code : 5" would fit."""
    return parsed if re.fullmatch(r"\S+T\S+[+-]\d{4}", match.string[: match.start()]) else None


def _gin(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.severity = severities.from_status(match["status"])
    return parsed


def _panic(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    if match["text"]:
        parsed.attributes["exception.message"] = match["text"]
    parsed.attributes.pop("text", None)
    return parsed


_TELEGRAF = {"E!": "error", "W!": "warn", "I!": "info", "D!": "debug"}

FORMATS = (
    pattern(
        "glog",
        r"(?P<level>[IWEF])(?P<time>(?:\d{4})?\d{4} \d\d:\d\d:\d\d\.\d+) +(?P<tid>\d+) (?P<place>[^\s:\]]+:\d+)\] ?(?P<message>.*)",
        "E1122 23:06:01.123456      31 server.go:55] failed to dial",
        "W20261122 23:06:01.123456 7 f.cc:3] low on memory",
        starts="IWEF",
        levels=_LETTER,
        adapt=_letter,
    ),
    pattern(
        "zap",
        r"\t(?P<level>[A-Za-z]+)\t(?P<message>.*)",
        '2026-11-22T23:06:01.000Z\terror\tshop\tpay/card.go:1\tfailed\t{"order": 3}',
        after_time=True,
        follows="\t",
        adapt=_zap,
    ),
    pattern(
        "logrus",
        rf"(?P<level>{'|'.join(_LOGRUS)})\[(?P<logrus__clock>[^\]]*)\] ?(?P<message>.*)",
        "ERRO[0003] card refused                                 order=3",
        starts="TDIWEFP",
        levels=_LOGRUS,
    ),
    pattern(
        "etcd",
        r" (?P<level>[EWNIDTC]) \| (?P<message>.*)",
        "2026-11-22 23:06:01.123456 E | etcdserver: publish error",
        after_time=True,
        follows=" A ",
        levels=_LETTER,
    ),
    pattern(
        "zerolog",
        r"(?P<zerolog__clock>\d\d?:\d\d[AP]M) (?P<level>TRC|DBG|INF|WRN|ERR|FTL|PNC) (?P<message>.*)",
        "11:06PM ERR card refused error=boom",
        starts=DIGITS,
    ),
    pattern(
        "gin",
        r"\[GIN\] (?P<gin__clock>(?P<time>\d{4}/\d\d/\d\d - [\d:]+)) \| +(?P<message>(?P<status>\d{3}) \|.*)",
        '[GIN] 2026/11/22 - 23:06:01 | 500 |     1.2ms |   127.0.0.1 | GET      "/pay"',
        starts="[",
        adapt=_gin,
    ),
    pattern(
        "env-logger",
        r" (?P<level>TRACE|DEBUG|INFO|WARN|ERROR) +(?P<message>(?P<logger>[\w:]+)\] .*)",
        "[2026-11-22T23:06:01Z WARN  shop::pay] retrying",
        after_time=True,
        needs="] ",
        follows=" AA",
    ),
    pattern(
        "tracing",
        r" +(?P<level>TRACE|DEBUG|INFO|WARN|ERROR) (?P<message>(?:[\w:]+(?:\{.*?\})?: )*?(?P<logger>\w+(?:::\w+)+|(?<=\}: )\w+): .*)",
        "2026-11-22T23:06:01.123456Z  INFO shop::pay: card accepted order=3",
        after_time=True,
        needs=": ",
        follows=" [ A][ A]",
    ),
    pattern(
        "rust-panic",
        r"(?P<message>thread '(?P<thread>[^']*)'(?: \(\d+\))? panicked at (?:'(?P<text>.*)', )?(?P<place>[^\s']+?:\d+(?::\d+)?):?)",
        "thread 'main' panicked at src/main.rs:2:5:",
        "thread 'main' panicked at 'boom', src/main.rs:2:5",
        starts="t",
        default="error",
        adapt=_panic,
    ),
    pattern(
        "dotnet",
        rf"(?P<message>(?P<level>{'|'.join(_DOTNET)}): (?P<logger>[\w.`+<>]+)\[(?P<dotnet__event_id>-?\d+)\].*)",
        "fail: Shop.Pay[0]",
        "dbug: Shop.Pay[12]",
        starts="tdiwfc",
        levels=_DOTNET,
    ),
    pattern(
        "dotnet",
        rf" ?(?P<message>(?P<level>{'|'.join(_DOTNET)}): (?P<logger>[\w.`+<>]+)\[(?P<dotnet__event_id>-?\d+)\].*)",
        "2026-11-22T23:06:01.123Z fail: Shop.Pay[0]",
        after_time=True,
        follows=" ?a",
        levels=_DOTNET,
    ),
    pattern(
        "telegraf",
        r" (?P<level>[EWID]!) (?P<message>.*)",
        "2026-11-22T23:06:01Z E! [outputs.influxdb] write failed",
        after_time=True,
        follows=" A!",
        levels=_TELEGRAF,
        adapt=_letter,
    ),
    pattern(
        "nats",
        r"\[(?P<pid>\d+)\] (?P<time>\d{4}/\d\d/\d\d [\d:.]+) \[(?P<level>TRC|DBG|INF|WRN|ERR|FTL)\] (?P<message>.*)",
        "[31] 2026/11/22 23:06:01.123456 [ERR] Error trying to connect to route",
        starts="[",
    ),
    pattern(
        "swift-log",
        r" (?P<level>trace|debug|info|notice|warning|error|critical) (?P<logger>[\w.-]+) : (?P<message>.*)",
        "2026-11-22T23:06:01+0000 error shop.pay : order=3 [Pay] card refused",
        after_time=True,
        needs=" : ",
        follows=" a",
        adapt=_swift,
    ),
    pattern(
        "elixir",
        r" (?P<elixir__metadata>[a-z_]\w*=\S+(?: \w+=\S+)*) \[(?P<level>debug|info|notice|warning|warn|error|critical|alert|emergency)\] +(?P<message>.*)",
        "23:06:01.123 request_id=ab12 [error] card refused",
        after_time=True,
        needs="] ",
        follows=" [a_]",
    ),
)
