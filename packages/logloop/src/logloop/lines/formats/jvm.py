"""Java and other JVM programs: log4j, logback, Spring, java.util.logging, Tomcat, Spark, Hadoop."""

from __future__ import annotations

from logloop.lines.formats.table import pattern

_LEVEL = r"(?P<level>TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|SEVERE|CONFIG|FINE|FINER|FINEST)"

FORMATS = (
    pattern(
        "spring",
        rf" +{_LEVEL} (?P<message>(?P<pid>\d+) --- \[(?P<thread>[^\]]*)\](?: \[[^\]]*\])* (?P<logger>[\w.$\[\]/]+) +: .*)",
        "2026-11-22T23:06:01.123Z  INFO 1234 --- [main] c.e.App : Started App",
        after_time=True,
        needs=" --- [",
        follows=" [ A][ A]",
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
