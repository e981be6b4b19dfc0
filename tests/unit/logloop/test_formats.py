"""Real lines of many systems, and how they are parsed."""

# ruff: noqa: E501, ISC004

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from logloop.lines.parsed import ParsedLine
from logloop.lines.reader import read_any

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AT = datetime(2026, 11, 22, 23, 6, 1, tzinfo=UTC)


def read(line: str) -> ParsedLine:
    return read_any(line, UTC, NOW)


# line, severity, microseconds after 23:06:01 (None: no time), message, some of the attributes
LINES: list[tuple[str, str, int | None, str, dict[str, Any]]] = [
    (
        "2026-11-22 23:06:01.123456+00:00 [info] <0.230.0> Server startup complete; 3 plugins started.",
        "info", 123456, "Server startup complete; 3 plugins started.", {"erlang.pid": "<0.230.0>"},
    ),
    (
        "2026-11-22 23:06:01.000000+00:00 [notice] <0.44.0> Application syslog exited with reason: stopped",
        "info", 0, "Application syslog exited with reason: stopped", {},
    ),
    (
        '{"t":{"$date":"2026-11-22T23:06:01.123+00:00"},"s":"W","c":"CONTROL","id":22120,"ctx":"initandlisten",'
        '"msg":"Access control is not enabled","tags":["startupWarnings"]}',
        "warn", 123000, "Access control is not enabled",
        {"mongodb": {"component": "CONTROL", "context": "initandlisten", "log_id": 22120}},
    ),
    (
        '{"t":{"$date":"2026-11-22T23:06:01.000Z"},"s":"D1","c":"QUERY","id":1,"ctx":"c","msg":"m","attr":{"ns":"a.b"}}',
        "debug", 0, "m", {"mongodb": {"component": "QUERY", "context": "c", "log_id": 1, "attr": {"ns": "a.b"}}},
    ),
    (
        "Nov 22 23:06:01 web1 sshd[31]: Failed password for root",
        "info", 0, "Failed password for root", {"host.name": "web1", "program": "sshd", "process.pid": 31},
    ),
    ("<34>Nov 22 23:06:01 web1 su: 'su root' failed", "error", 0, "'su root' failed", {"program": "su"}),
    (
        "2026-11-22T23:06:01.500000+00:00 web1 systemd[1]: Started cron.service",
        "info", 500000, "Started cron.service", {"host.name": "web1", "program": "systemd"},
    ),
    (
        '<165>1 2026-11-22T23:06:01.003Z web1 evntslog 8710 ID47 [x@32473 iut="3" e="a]b"] \ufeffAn event',
        "info", 3000, "An event", {"host.name": "web1", "syslog.message_id": "ID47"},
    ),
    (
        '127.0.0.1 - frank [22/Nov/2026:23:06:01 +0000] "GET /cart?x=1 HTTP/1.1" 502 157 "-" "curl/8"',
        "error", 0, '"GET /cart?x=1 HTTP/1.1" 502 157',
        {"http.response.status_code": 502, "url.path": "/cart", "user.name": "frank", "user_agent.original": "curl/8"},
    ),
    ('::1 - - [23/Nov/2026:00:06:01 +0100] "-" 400 -', "warn", 0, '"-" 400 -', {"client.address": "::1"}),
    (
        "2026/11/22 23:06:01 [error] 31#31: *7 connect() failed (111: Connection refused)",
        "error", 0, "connect() failed (111: Connection refused)", {"process.pid": 31, "connection": 7},
    ),
    (
        "E1122 23:06:01.123456      31 server.go:55] failed to dial",
        "error", 123456, "failed to dial", {"code.location": "server.go:55", "thread.id": 31},
    ),
    ("W20261122 23:06:01.123456 7 f.cc:3] low on memory", "warn", 123456, "low on memory", {}),
    ("1:M 22 Nov 2026 23:06:01.123 * Ready to accept connections", "info", 123000, "Ready to accept connections", {}),
    ("31:C 22 Nov 2026 23:06:01.123 # out of memory", "warn", 123000, "out of memory", {"process.pid": 31}),
    (
        "[Sun Nov 22 23:06:01.123456 2026] [core:error] [pid 31:tid 7] AH00037: link not allowed",
        "error", 123456, "AH00037: link not allowed", {"module": "core", "process.pid": 31},
    ),
    ("2026-11-22T23:06:01.123456789Z stderr F ERROR: cannot start", "error", 123456, "ERROR: cannot start", {}),
    ('2026-11-22T23:06:01.000000000Z stdout F {"level":"warn","msg":"slow"}', "warn", 0, "slow", {}),
    ('{"log":"hello\\n","stream":"stderr","time":"2026-11-22T23:06:01.000000001Z"}', "info", 0, "hello", {}),
    ("WARNING:shop.pay:slow", "warn", None, "slow", {"logger.name": "shop.pay"}),
    ("2026-11-22 23:06:01,123 - shop.pay - ERROR - card refused", "error", 123000, "shop.pay - ERROR - card refused", {}),
    ("2026-11-22 23:06:01,123 [WARNING] shop.pay: slow", "warn", 123000, "shop.pay: slow", {}),
    ("2026-11-22 23:06:01,123 INFO shop.pay started", "info", 123000, "shop.pay started", {}),
    ("2026-11-22 23:06:01,123 DEBUG: looking for an error", "debug", 123000, "looking for an error", {}),
    ("2026-11-22 23:06:01.123 UTC [9] LOG:  checkpoint complete", "info", 123000, "[9] LOG:  checkpoint complete", {}),
    ("2026-11-22 23:06:01.123 UTC [9] FATAL:  no such role", "error", 123000, "[9] FATAL:  no such role", {}),
    (
        "2026-11-22T23:06:01.123Z  INFO 1234 --- [main] c.e.App : Started App",
        "info", 123000, "1234 --- [main] c.e.App : Started App", {},
    ),
    ("[2026-11-22T23:06:01Z WARN  krate::mod] retrying", "warn", 0, "krate::mod] retrying", {}),
    ("2026-11-22 23:06:01.123 | WARNING  | shop.pay:charge:12 - slow card", "warn", 123000, "slow card", {}),
    (
        "2026-11-22T23:06:01.1234567Z ##[error]Process completed with exit code 1.",
        "error", 123456, "##[error]Process completed with exit code 1.", {},
    ),
    ("2026/11/22 23:06:01 http: TLS handshake error from 1.2.3.4", "info", 0, "http: TLS handshake error from 1.2.3.4", {}),
    (
        'level=warn ts=2026-11-22T23:06:01Z caller=main.go:3 msg="two \\"words\\"" n=3',
        "warn", 0, 'two "words"', {"caller": "main.go:3", "n": "3"},
    ),
    ('{"level":30,"time":1795388761123,"pid":3,"msg":"hello"}', "info", 123000, "hello", {"pid": 3}),
    ('{"level":50,"time":1795388761000,"msg":"pino"}', "error", 0, "pino", {}),
    ('{"levelno":30,"message":"python","asctime":"2026-11-22 23:06:01,123"}', "warn", 123000, "python", {}),
    ('{"@timestamp":"2026-11-22T23:06:01Z","log.level":"error","message":"ecs"}', "error", 0, "ecs", {}),
    (
        '{"__REALTIME_TIMESTAMP":"1795388761000007","PRIORITY":"4","MESSAGE":"journal","_PID":"9"}',
        "warn", 7, "journal", {"_PID": "9"},
    ),
    ('{"version":"1.1","short_message":"gelf","level":3,"timestamp":1795388761.5}', "error", 500000, "gelf", {}),
    (
        '{"event":"paid","level":"info","timestamp":"2026-11-22T23:06:01Z","attributes":{"a":1},"b":2}',
        "info", 0, "paid", {"a": 1, "b": 2},
    ),
    ('INFO:     127.0.0.1:3 - "GET / HTTP/1.1" 200 OK', "info", None, 'INFO:     127.0.0.1:3 - "GET / HTTP/1.1" 200 OK', {}),
    ("error: pathspec did not match", "error", None, "error: pathspec did not match", {}),
    ("there was no error in this sentence", "info", None, "there was no error in this sentence", {}),
    ("Traceback (most recent call last):", "error", None, "Traceback (most recent call last):", {}),
    ("panic: runtime error: index out of range", "error", None, "panic: runtime error: index out of range", {}),
    ("hello world", "info", None, "hello world", {}),
    ("{not json}", "info", None, "{not json}", {}),
    ("a=1", "info", None, "a=1", {}),
    ("key=value and then words", "info", None, "key=value and then words", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "severity", "micros", "message", "attributes"), LINES, ids=[row[0][:40] for row in LINES]
)
def test_a_line_is_parsed_by_its_format(
    line: str, severity: str, micros: int | None, message: str, attributes: dict[str, Any]
) -> None:
    parsed = read(line)
    assert parsed.message == message
    assert parsed.severity or severity == "info"
    assert (parsed.severity or "info") == severity
    assert parsed.timestamp == (None if micros is None else AT.replace(microsecond=micros))
    assert {name: parsed.attributes.get(name) for name in attributes} == attributes


@pytest.mark.parametrize(
    ("line", "test_id", "outcome"),
    [
        (
            "FAILED tests/test_pay.py::test_card - AssertionError: assert 1 == 2",
            "tests/test_pay.py::test_card",
            "failed",
        ),
        (
            "tests/test_pay.py::TestA::test_b[x y] PASSED     [ 10%]",
            "tests/test_pay.py::TestA::test_b[x y]",
            "passed",
        ),
        ("ERROR tests/test_pay.py", "tests/test_pay.py", "error"),
        ("tests/a.py::test_c SKIPPED (not today)     [ 50%]", "tests/a.py::test_c", "skipped"),
    ],
)
def test_pytest_result_lines_contain_the_test_id(line: str, test_id: str, outcome: str) -> None:
    parsed = read(line)
    assert parsed.test_id == test_id
    assert parsed.attributes["test.outcome"] == outcome
    assert parsed.severity == ("error" if outcome in {"failed", "error"} else "info")


def test_ids_in_structured_lines_become_entry_ids() -> None:
    parsed = read('{"service":"cart","test_id":"t","func_id":"m:f","source":"s","message":"x"}')
    assert (parsed.service_id, parsed.test_id, parsed.func_id, parsed.source) == ("cart", "t", "m:f", "s")
    assert parsed.attributes == {}


def test_the_location_in_a_loguru_line_becomes_the_function() -> None:
    assert read("2026-11-22 23:06:01.123 | INFO     | shop.pay:charge:12 - x").func_id == "shop.pay:charge"


def test_a_severity_alias_is_kept_as_severity_text() -> None:
    assert read('{"level":"CRITICAL","message":"x"}').severity_text == "CRITICAL"
    assert read('{"level":"error","message":"x"}').severity_text is None


def test_a_named_format_parses_only_that_format() -> None:
    assert read_any('{"level":"error","message":"x"}', UTC, NOW, "logfmt").message.startswith("{")
    assert read_any("a=1 b=2", UTC, NOW, "json").attributes == {}
