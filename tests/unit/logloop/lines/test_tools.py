"""Lines of tools, builds, tests, desktop programs and platforms, and what is no such line although it looks like one."""

# ruff: noqa: E501 - a line of a log is one string

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from logloop.lines.parsed import ParsedLine
from logloop.lines.reader import read_any
from logloop.lines.records import RecordReader, read_records

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TEN = datetime(2026, 11, 26, 10, tzinfo=UTC)
Row = tuple[str, str, str, bool, str, dict[str, Any]]
"""A line, its format, its severity, whether it has a time (10:00:00), its message, and some of its attributes."""

LINES: list[Row] = [
    ("W 2026-11-26 10:00:00 low memory", "level-time", "warn", True, "low memory", {}),
    ("E 2026-11-26T10:00:00Z [main] failed", "level-time", "error", True, "[main] failed", {}),
    ("[W 2026-11-26 10:00:00] low memory", "level-time", "warn", True, "low memory", {}),
    ("D/2026-11-26 10:00:00 looking", "level-time", "debug", True, "looking", {}),
    ("error 2026-11-26 10:00:00 no disk", "level-time", "error", True, "no disk", {}),
    ("A 2026-11-26 10:00:00 meeting", "text", "info", False, "A 2026-11-26 10:00:00 meeting", {}),
    ("1795687200 ERROR no disk", "time", "error", True, "1795687200 ERROR no disk", {}),
    ("[1795687200] [error] no disk", "apache-error", "error", True, "no disk", {}),
    ("1795687200 apples were sold", "text", "info", False, "1795687200 apples were sold", {}),
    ("9795687200 ERROR no disk", "text", "info", False, "9795687200 ERROR no disk", {}),
    ("npm timing npm:load Completed in 12ms", "npm", "info", False, "npm timing npm:load Completed in 12ms", {}),
    ("11 verbose stack HttpErrorGeneral: 404", "npm-debug", "debug", False, "stack HttpErrorGeneral: 404", {"npm.line": "11"}),
    ("12 error messages were found", "text", "info", False, "12 error messages were found", {}),
    ("error Command failed", "text", "info", False, "error Command failed", {}),
    (" ERR_PNPM_NO_LOCKFILE  Cannot install", "pnpm", "error", False, " ERR_PNPM_NO_LOCKFILE  Cannot install", {}),
    ("[2026-11-26 10:00:00][12][critical][main] [source/a.cc:117] no disk", "envoy", "error", True, "no disk", {"code.location": "source/a.cc:117"}),
    ("W261126 10:00:00.000000 12 1@server/node.go:123 ⋮ [n1] 45 slow", "cockroachdb", "warn", True, "⋮ [n1] 45 slow", {"cockroachdb.channel": "1"}),
    ("[2026-11-26, 10:00:00 UTC] {taskinstance.py:1937} ERROR - Task failed", "airflow", "error", True, "Task failed", {}),
    ("2026-11-26 10:00:00,000 - util.py[WARNING]: slow", "cloud-init", "warn", True, "slow", {"code.file.path": "util.py"}),
    ("2026-11-26 10:00:00,000 p=3 u=root n=ansible ERROR| no disk", "ansible", "error", True, "no disk", {"process.pid": 3}),
    ("changed: [web1]", "ansible", "info", False, "changed: [web1]", {}),
    ("unreachable: [web1]", "ansible", "error", False, "unreachable: [web1]", {}),
    ("<3>[    1.234567] ata1: failed", "syslog+kernel", "error", False, "ata1: failed", {"kernel.uptime": "1.234567"}),
    ("kern  :warn  : [Thu Nov 26 10:00:00 2026] slow", "kernel", "warn", True, "slow", {"syslog.facility": "kern"}),
    ("[  OK  ] Started shop.service.", "systemd", "info", False, "[  OK  ] Started shop.service.", {}),
    ("[DEPEND] Dependency failed for Shop.", "systemd", "error", False, "[DEPEND] Dependency failed for Shop.", {}),
    ("10s  Normal  Pulled  pod/web-1  Image present", "kubernetes-event", "info", False, "Image present", {"k8s.object": "pod/web-1"}),
    ("5m (x3 over 9m)  Warning  BackOff  pod/web-1  Back-off", "kubernetes-event", "warn", False, "Back-off", {}),
    ("w: file:///a/B.kt:3:5 unused", "compiler", "warn", False, "w: file:///a/B.kt:3:5 unused", {"code.line.number": 3}),
    ("a.cs(3,5): warning CS0168: unused", "compiler", "warn", False, "a.cs(3,5): warning CS0168: unused", {"code.file.path": "a.cs"}),
    ("> Task :test UP-TO-DATE", "gradle", "info", False, "> Task :test UP-TO-DATE", {"gradle.task": ":test"}),
    ("[1126/100000.000000:WARNING:gpu.cc(3)] slow", "chromium", "warn", True, "slow", {"code.location": "gpu.cc(3)"}),
    ("[2026.11.26-10.00.00:000][  0]LogInit: Display: Starting", "unreal", "info", True, "Starting", {"logger.name": "LogInit"}),
    ("[26Nov2026 10:00:00.000] [main/ERROR] [net.shop.Pay/]: failed", "minecraft", "error", True, "failed", {"logger.name": "net.shop.Pay"}),
    ("[11/26/26 10:00:00:000 UTC] 00000031 PayServlet    R   failed", "websphere", "error", True, "failed", {}),
    ("####<Nov 26, 2026 10:00:00,000 AM UTC> <Warning> <HTTP> <web1> <slow>", "weblogic", "warn", True, "<web1> <slow>", {}),
    ("[0.123s][info][gc] GC(0) Pause Young 3ms", "java", "info", False, "GC(0) Pause Young 3ms", {"logger.name": "gc"}),
    (
        "2026-11-26T10:00:00.000Z ERROR 1234 --- [shop] [nio-8080-exec-1] c.e.Pay : failed", "spring", "error", True,
        "1234 --- [shop] [nio-8080-exec-1] c.e.Pay : failed", {"program": "shop", "thread.name": "nio-8080-exec-1"},
    ),
    ("2026-11-26T10:00:00Z W! slow", "telegraf", "warn", True, "slow", {}),
    ("[31] 2026/11/26 10:00:00.000000 [WRN] slow", "nats", "warn", True, "slow", {"process.pid": 31}),
    ("2026-11-26T10:00:00+0000 warning shop : slow", "swift-log", "warn", True, "slow", {"logger.name": "shop"}),
    ("2026-11-26 10:00:00 error code : 5", "time", "info", True, "error code : 5", {}),
    ("2026-11-26 10:00:00.000 id=a b=c [warning] slow", "elixir", "warn", True, "slow", {"elixir.metadata": "id=a b=c"}),
    ("26-Nov-2026 10:00:00.000 queries: debug 3: query", "bind", "debug", True, "query", {"logger.name": "queries"}),
    ("W [26/Nov/2026:10:00:00 +0000] slow", "cups", "warn", True, "slow", {}),
    ("2026-11-26 10:00:00.000000+0000 0x1f3a  Fault  0x0  31  0  Shop: no disk", "apple-log", "error", True, "no disk", {"program": "Shop"}),
    ("2026-11-26 10:00:00.00 spid51      Error: 18456, State: 8.", "time", "error", True, "spid51      Error: 18456, State: 8.", {}),
    ("2026-11-26T10:00:00.000Z [ERROR] agent.raft: no peer", "time", "error", True, "agent.raft: no peer", {}),
    ("2026/11/26 10:00:00 ERROR> pay.pl:3 main:: - failed", "time", "error", True, "pay.pl:3 main:: - failed", {}),
    ("Error in charge(card) : refused", "text", "error", False, "Error in charge(card) : refused", {}),
]  # fmt: skip

TESTS = [
    ("FAIL src/pay.test.ts", "src/pay.test.ts", "failed", "error"),
    (" FAIL  src/pay.test.ts > charge > refuses", "src/pay.test.ts > charge > refuses", "failed", "error"),
    ("Test Case '-[PayTests testRefuses]' failed (0.003 seconds).", "PayTests testRefuses", "failed", "error"),
    ("00:01 +3 -1: refuses expired cards [E]", "refuses expired cards", "failed", "error"),
    ("//shop:pay_test      (cached) PASSED in 0.3s", "//shop:pay_test", "passed", "info"),
    ("//shop:pay_test      TIMEOUT in 60.3s", "//shop:pay_test", "timeout", "error"),
    ("ok 3 - charges # SKIP no network", "charges", "skipped", "info"),
    ("not ok 4 - refuses # TODO later", "refuses", "expected_failure", "info"),
    (
        '{"Time":"2026-11-26T10:00:00Z","Action":"fail","Package":"shop","Test":"TestPay","Elapsed":0}',
        "TestPay",
        "failed",
        "error",
    ),
]


@pytest.mark.parametrize(
    ("line", "name", "severity", "has_time", "message", "attributes"), LINES, ids=[row[0][:40] for row in LINES]
)
def test_a_line_is_read_by_its_format(
    line: str, name: str, severity: str, has_time: bool, message: str, attributes: dict[str, Any]
) -> None:
    parsed = read_any(line, UTC, NOW)
    assert (parsed.format, parsed.severity or "info", parsed.message) == (name, severity, message)
    assert parsed.timestamp == (TEN if has_time else None)
    assert {key: parsed.attributes.get(key) for key in attributes} == attributes


@pytest.mark.parametrize(("line", "test", "outcome", "severity"), TESTS, ids=[row[0][:40] for row in TESTS])
def test_the_result_of_a_test_is_named(line: str, test: str, outcome: str, severity: str) -> None:
    parsed = read_any(line, UTC, NOW)
    assert (parsed.test_id, parsed.attributes["test.outcome"], parsed.severity) == (test, outcome, severity)


def records(*lines: str) -> list[ParsedLine]:
    reader = RecordReader("auto", UTC, NOW)
    reader.learn(lines)
    return [record.parsed for record in read_records(lines, reader)]


def test_a_debug_log_of_npm_shows_what_its_other_lines_are() -> None:
    found = records(
        "0 verbose cli /usr/bin/npm", "1 info using npm@10.2.4", "2 warn deprecated a@1", "3 error code E404"
    )
    assert [parsed.severity for parsed in found] == ["debug", "info", "warn", "error"]
    assert found[3].message == "code E404"


def test_a_line_of_yarn_shows_what_the_lines_after_it_are() -> None:
    found = records("yarn install v1.22.19", "warning No license field", "error Command failed with exit code 1.")
    assert [parsed.severity for parsed in found] == ["info", "warn", "error"]


def test_labels_of_pnpm_and_vitest_start_records() -> None:
    found = records(
        " WARN  deprecated a@1", " ERR_PNPM_FETCH_404  GET /a", "FAIL a.test.ts", " FAIL  b.test.ts > pays"
    )
    assert [parsed.severity for parsed in found] == ["warn", "error", "error", "error"]


def test_a_statement_over_several_lines_is_one_record_of_mysql() -> None:
    found = records(
        "2026-11-26T10:00:00.123456Z\t   12 Query\tSELECT a,",
        "       b",
        "",
        "FROM t -- 12 Query",
        "2026-11-26T10:00:00.223456Z\t   12 Connect\troot@localhost",
        "mysqld, Version: 8.0.35. started with:",
        "261126 10:00:01\t   13 Execute\tUPDATE t",
        "SET a = 1",
        "\t\t   13 Quit\t",
        "2026-11-26 10:00:02 ERROR no disk",
    )
    assert [parsed.message for parsed in found] == [
        "Query\tSELECT a,\n       b\n\nFROM t -- 12 Query",
        "Connect\troot@localhost",
        "mysqld, Version: 8.0.35. started with:",
        "Execute\tUPDATE t\nSET a = 1",
        "Quit\t",
        "no disk",
    ]
    assert found[4].timestamp == datetime(2026, 11, 26, 10, 0, 1, tzinfo=UTC)


def test_lines_that_start_with_rising_seconds_have_times() -> None:
    lines = ["1795687200: New connection", "1795687200: Client a disconnected", "1795687201: Socket error"]
    assert [parsed.timestamp for parsed in records(*lines)] == [TEN, TEN, TEN.replace(second=1)]
    assert [parsed.timestamp for parsed in records(*reversed(lines))] == [NOW] * 3
