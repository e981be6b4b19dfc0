"""Java and other JVM programs: log4j, logback, Spring, java.util.logging, Tomcat, Spark, Hadoop."""

from __future__ import annotations

import re

from logloop.lines.formats.table import pattern
from logloop.lines.parsed import Context, ParsedLine

_LEVEL = r"(?P<level>TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|SEVERE|CONFIG|FINE|FINER|FINEST)"

_WEBSPHERE = {"F": "error", "E": "error", "R": "error", "W": "warn"}
_WEBSPHERE |= dict.fromkeys("AICOZ", "info") | dict.fromkeys("D<>123", "debug")


def _spring(parsed: ParsedLine, _match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.attributes["thread.name"] = parsed.attributes["thread.name"].strip()
    return parsed


FORMATS = (
    pattern(
        "spring",
        rf" +{_LEVEL} (?P<message>(?P<pid>\d+) --- (?:\[(?P<program>[^\]]*)\] (?=\[[^\]]{{15}}\]))?\[(?P<thread>[^\]]+)\](?: \[[^\]]*\])* (?P<logger>[\w.$\[\]/]+) +: .*)",
        "2026-11-22T23:06:01.123Z  INFO 1234 --- [main] c.e.App : Started App",
        after_time=True,
        needs=" --- [",
        adapt=_spring,
        follows=" [ A][ A]",
    ),
    pattern(
        "websphere",
        r"\] (?P<thread>[0-9a-f]{8}) (?P<logger>\S+) +(?P<level>[FEWAICDORZ<>123]) +(?P<message>.*)",
        "[11/22/26 23:06:01:123 UTC] 00000031 PayServlet    E   SRVE0068E: card refused",
        after_time=True,
        follows=r"\] [0a]",
        levels=_WEBSPHERE,
    ),
    pattern(
        "weblogic",
        r"####<(?P<time>[^>]+)> <(?P<level>\w+)> <(?P<logger>[^>]*)> (?P<message>.*)",
        "####<Nov 22, 2026 11:06:01,123 PM UTC> <Error> <HTTP> <web1> <shop> <[ACTIVE] Thread 3> <BEA-101017> <card refused>",
        starts="#",
    ),
    pattern(
        "java",
        r"\[(?P<jvm__uptime>\d+[.,]\d{3}s)\]\[(?P<level>trace|debug|info|warning|error) *\]\[(?P<logger>[\w,+ ]+)\] (?P<message>.*)",
        "[0.123s][warning][os,thread] Failed to start thread",
        starts="[",
    ),
    pattern(
        "log4j",
        rf" +(?:- +)?\[(?P<thread>[^\]]+)\] +{_LEVEL} +(?P<logger>[\w.$]+)(?:\[\])? (?:- )?(?P<message>.*)",
        "2026-11-22 23:06:01,123 [main] ERROR c.e.shop.Pay - card refused",
        after_time=True,
        needs="] ",
        follows=r" [ \[-]",
    ),
    pattern(
        "jul",
        r" (?P<logger>[A-Za-z_][\w.$]*\.[\w$]+) (?P<function>[\w$<>]+)",
        "Nov 22, 2026 11:06:01 PM com.example.shop.Pay charge",
        after_time=True,
        follows=r" [aA_][\w.$]",
    ),
    pattern(
        "hadoop",
        rf" +(?:(?P<pid>\d+) )?{_LEVEL} +(?P<message>(?:\[(?P<thread>[^\]]+)\] )?(?P<logger>[\w.$]+\.[\w$]+): .*)",
        "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 terminating",
        "17/06/09 20:10:40 INFO executor.Executor: Running task 0.0",
        after_time=True,
        needs=": ",
        follows=" [ A0]",
    ),
)
