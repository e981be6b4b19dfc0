"""Lines that belong together become one record: traces of all languages, blocks, streams, split lines."""

# ruff: noqa: E501, W291 - a line of a log is one string

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from logloop.lines.records import MAX_LINES_BEHIND, RecordReader, read_records

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)

# name, lines, and for each record: its first words, its number of lines, its severity, the type of its exception
CASES: list[tuple[str, str, list[tuple[str, int, str, str | None]]]] = [
    (
        "docker trace",
        r"""{"log":"2026-11-26 10:00:01,001 ERROR shop: boom\n","stream":"stderr","time":"2026-11-26T10:00:01Z"}
{"log":"Traceback (most recent call last):\n","stream":"stderr","time":"2026-11-26T10:00:01Z"}
{"log":"  File \"a.py\", line 1\n","stream":"stderr","time":"2026-11-26T10:00:01Z"}
{"log":"ValueError: bad\n","stream":"stderr","time":"2026-11-26T10:00:01Z"}""",
        [("shop: boom", 4, "error", "ValueError")],
    ),
    (
        "cri",
        """2026-11-26T10:00:00.1Z stdout P part one, 
2026-11-26T10:00:00.2Z stdout F end
2026-11-26T10:00:00.4Z stderr F Traceback (most recent call last):
2026-11-26T10:00:00.4Z stderr F   File "a.py", line 1, in <module>
2026-11-26T10:00:00.4Z stderr F ValueError: bad""",
        [("part one, end", 1, "info", None), ("Traceback (most recent call last):", 3, "error", "ValueError")],
    ),
    (
        "docker partial",
        r"""{"log":"part one, ","stream":"stdout","time":"2026-11-26T10:00:01Z"}
{"log":"two, ","stream":"stdout","time":"2026-11-26T10:00:01Z"}
{"log":"end\n","stream":"stdout","time":"2026-11-26T10:00:01Z"}""",
        [("part one, two, end", 1, "info", None)],
    ),
    (
        "interleaved cri",
        """2026-11-26T10:00:00.4Z stderr F Traceback (most recent call last):
2026-11-26T10:00:00.4Z stdout F hello
2026-11-26T10:00:00.4Z stderr F   File "a.py", line 1, in <module>
2026-11-26T10:00:00.4Z stderr F ValueError: bad""",
        [("Traceback (most recent call last):", 3, "error", "ValueError"), ("hello", 1, "info", None)],
    ),
    (
        "java",
        """2026-11-22 23:06:01,123 ERROR [main] App: boom
java.lang.IllegalStateException: boom
	at com.acme.App.main(App.java:3)
Caused by: java.io.IOException: disk
	at com.acme.X.y(X.java:3)
	... 3 more
2026-11-22 23:06:02,000 INFO next""",
        [("[main] App: boom", 6, "error", "java.lang.IllegalStateException"), ("next", 1, "info", None)],
    ),
    (
        "python group",
        """2026-11-22 23:06:01,123 ERROR boom
  + Exception Group Traceback (most recent call last):
  |   File "a.py", line 3, in <module>
  | ExceptionGroup: many (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: a
    +---------------- 2 ----------------
    | TypeError: b
    +------------------------------------""",
        [("boom", 9, "error", "ExceptionGroup")],
    ),
    (
        "go",
        """2026/11/22 23:06:01 starting
panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.main()
	/app/main.go:3 +0x1d
exit status 2""",
        [("starting", 1, "info", None), ("panic: runtime error: index out of range", 6, "error", None)],
    ),
    (
        "go2",
        """panic: boom [recovered]
	panic: boom
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]

goroutine 18 [running]:
testing.tRunner.func1.2({0x1, 0x2})
	/usr/testing.go:1 +0x1
created by testing.(*T).Run
	/usr/testing.go:1 +0x35e""",
        [("panic: boom [recovered]", 9, "error", None)],
    ),
    (
        "node",
        """/app/index.js:3
throw new Error("boom");
^

Error: boom
    at Object.<anonymous> (/app/index.js:3:7)
    at node:internal/main:1:1 {
  code: 'X'
}

Node.js v20.1.0""",
        [("/app/index.js:3", 11, "error", "Error")],
    ),
    (
        "node2",
        """2026-11-22T23:06:01Z error: failed
Error: boom
    at foo (/a.js:1:2)
2026-11-22T23:06:02Z info: next""",
        [("failed", 3, "error", "Error"), ("next", 1, "info", None)],
    ),
    (
        "ruby",
        """app.rb:3:in `foo': boom (RuntimeError)
	from app.rb:5:in `bar'
	from app.rb:7:in `<main>'""",
        [("app.rb:3:in `foo': boom (RuntimeError)", 3, "error", "RuntimeError")],
    ),
    (
        "rails",
        """E, [2026-11-22T23:06:01.123456 #31] ERROR -- : RuntimeError (boom):
app/models/x.rb:3:in `foo'
app/models/y.rb:4:in `bar'""",
        [("RuntimeError (boom):", 3, "error", None)],
    ),
    (
        "php",
        """PHP Fatal error:  Uncaught Exception: boom in /a.php:3
Stack trace:
#0 /a.php(7): f()
#1 {main}
  thrown in /a.php on line 3""",
        [("PHP Fatal error:  Uncaught Exception: bo", 5, "error", "Exception")],
    ),
    (
        "monolog",
        """[2026-11-26 10:00:00] production.ERROR: boom {"exception":"[object] (Exception(code: 0): boom at /a.php:3)
[stacktrace]
#0 /a.php(3): f()
#1 {main}
"} """,
        [('boom {"exception":"[object] (Exception(c', 5, "error", None)],
    ),
    (
        "dotnet",
        """fail: Shop.Pay[0]
      An error occurred
      System.Exception: boom
         at Shop.Pay.Go() in /a.cs:line 3
info: Shop.Pay[0]
      next""",
        [("fail: Shop.Pay[0]", 4, "error", None), ("info: Shop.Pay[0]", 2, "info", None)],
    ),
    (
        "dotnet2",
        """Unhandled exception. System.InvalidOperationException: boom
 ---> System.Exception: inner
   at A.B() in /a.cs:line 3
   --- End of inner exception stack trace ---
   at A.C()""",
        [("Unhandled exception. System.InvalidOpera", 5, "error", "System.InvalidOperationException")],
    ),
    (
        "rust",
        """thread 'main' panicked at src/main.rs:2:5:
index out of bounds
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
next line""",
        [("thread 'main' panicked at src/main.rs:2:", 3, "error", None), ("next line", 1, "info", None)],
    ),
    (
        "rust2",
        """thread 'main' panicked at src/main.rs:2:5:
boom
stack backtrace:
   0: rust_begin_unwind
             at /rustc/1
   1: main
note: Some details are omitted, run with `RUST_BACKTRACE=full`""",
        [("thread 'main' panicked at src/main.rs:2:", 7, "error", None)],
    ),
    (
        "asan",
        """=================================================================
==123==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1
READ of size 4 at 0x1 thread T0
    #0 0x1 in main a.cc:3

0x602 is located 0 bytes to the right
SUMMARY: AddressSanitizer: heap-buffer-overflow a.cc:3 in main
Shadow bytes around the buggy address:
  0x0c: fa
==123==ABORTING
next""",
        [("========================================", 10, "error", None), ("next", 1, "info", None)],
    ),
    (
        "mysql slow",
        """# Time: 2026-11-26T10:00:00.123456Z
# User@Host: shop[shop] @ localhost []  Id:     3
# Query_time: 12.000  Lock_time: 0.0 Rows_sent: 1  Rows_examined: 100
SET timestamp=1795687200;
SELECT *
FROM orders;
# Time: 2026-11-26T10:00:01.123456Z
# User@Host: shop[shop] @ localhost []  Id:     3
# Query_time: 2.000
SELECT 1;""",
        [
            ("# Time: 2026-11-26T10:00:00.123456Z", 6, "info", None),
            ("# Time: 2026-11-26T10:00:01.123456Z", 4, "info", None),
        ],
    ),
    (
        "pretty json",
        """{
  "level": "error",
  "msg": "boom",
  "time": "2026-11-26T10:00:00Z",
  "nested": {
    "a": 1
  }
}
{
  "level": "info",
  "msg": "two"
}
tail""",
        [("boom", 1, "error", None), ("two", 1, "info", None), ("tail", 1, "info", None)],
    ),
    (
        "jul",
        """Nov 26, 2026 10:00:00 AM com.foo.Bar method
SEVERE: it broke
java.lang.RuntimeException: x
	at a.B.c(B.java:1)
Nov 26, 2026 10:00:01 AM com.foo.Bar method
INFO: fine""",
        [("it broke", 3, "error", "java.lang.RuntimeException"), ("fine", 1, "info", None)],
    ),
    (
        "journald export",
        """__CURSOR=s=1
__REALTIME_TIMESTAMP=1795687200000000
PRIORITY=3
MESSAGE=it broke
_PID=7

__CURSOR=s=2
__REALTIME_TIMESTAMP=1795687201000000
PRIORITY=6
MESSAGE=fine""",
        [("it broke", 1, "error", None), ("fine", 1, "info", None)],
    ),
    (
        "rabbit old",
        """=ERROR REPORT==== 26-Nov-2026::10:00:00 ===
Error on AMQP connection
{handshake_timeout}

=INFO REPORT==== 26-Nov-2026::10:00:01 ===
ok""",
        [
            ("=ERROR REPORT==== 26-Nov-2026::10:00:00 ", 3, "error", None),
            ("=INFO REPORT==== 26-Nov-2026::10:00:01 =", 2, "info", None),
        ],
    ),
    (
        "compose trace",
        """web-1  | 2026-11-26 10:00:00,123 ERROR boom
db-1   | 2026-11-26 10:00:00.200 UTC [1] LOG:  ready
web-1  | Traceback (most recent call last):
web-1  |   File "a.py", line 1
web-1  | ValueError: bad""",
        [("boom", 4, "error", "ValueError"), ("[1] LOG:  ready", 1, "info", None)],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_lines_that_belong_together_become_one_record(
    text: str, expected: list[tuple[str, int, str, str | None]]
) -> None:
    found = [record.parsed for record in read_records(text.split("\n"), RecordReader("auto", UTC, NOW))]
    assert [
        (
            p.message.split("\n")[0][:40],
            p.message.count("\n") + 1,
            p.severity or "info",
            p.attributes.get("exception.type"),
        )
        for p in found
    ] == expected


def messages(lines: list[str]) -> list[str]:
    return [record.parsed.message for record in read_records(lines, RecordReader("auto", UTC, NOW))]


def test_records_of_several_streams_come_in_the_order_in_which_they_start() -> None:
    lines = ["b-1 | ERROR x", "a-1 | one", "a-1 | two", "b-1 |   more", "a-1 | three"]
    assert messages(lines) == ["ERROR x\n  more", "one", "two", "three"]


def test_a_silent_stream_does_not_hold_back_the_others_for_ever() -> None:
    reader = RecordReader("auto", UTC, NOW)
    found = list(reader.feed("b-1 | waiting"))
    for number in range(MAX_LINES_BEHIND + 3):
        found += reader.feed(f"a-1 | {number}")
    assert found[0].parsed.message == "waiting"
    assert len(found) > MAX_LINES_BEHIND


def test_docker_logs_without_line_feeds_are_not_joined() -> None:
    lines = [f'{{"log":"line {number}","stream":"stdout"}}' for number in range(300)]
    assert messages(lines) == [f"line {number}" for number in range(300)]


def test_a_record_that_grows_for_too_long_is_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 100, 4))
    monkeypatch.setattr("logloop.lines.records.time.monotonic", lambda: float(next(clock)))
    assert messages(["x", "  1", "  2", "  3", "  4"]) == ["x\n  1\n  2", "  3\n  4"]


@pytest.mark.parametrize("size", [16 * 1024, 10])
def test_a_line_that_docker_split_is_joined(size: int) -> None:
    parts = ["x" * size] * 5
    lines = [f'{{"log":"{part}","stream":"stdout","time":"2026-11-26T10:00:00Z"}}' for part in parts]
    lines.append('{"log":"end\\n","stream":"stdout","time":"2026-11-26T10:00:00Z"}')
    assert messages(lines) == ["x" * size * 5 + "end"]


def test_prefixes_of_compose_without_numbers_are_seen_in_the_first_lines() -> None:
    lines = ["db     | ERROR x", "worker | one", "db     |   more", "worker | two"]
    reader = RecordReader("auto", UTC, NOW)
    reader.learn(lines)
    found = [record.parsed for record in read_records(lines, reader)]
    assert [(p.message, p.attributes["container.name"]) for p in found] == [
        ("ERROR x\n  more", "db"), ("one", "worker"), ("two", "worker"),
    ]  # fmt: skip


def test_a_split_line_is_read_once_it_is_whole() -> None:
    lines = ['2026-11-26T10:00:00.1Z stdout P {"level":"er', '2026-11-26T10:00:00.2Z stdout F ror","msg":"m"}']
    (record,) = read_records(lines, RecordReader("auto", UTC, NOW))
    assert (record.parsed.severity, record.parsed.message, record.parsed.source) == ("error", "m", "stdout")


@pytest.mark.parametrize(("kind", "message"), [("text", "end"), ("json", "2026-11-26T10:00:00.1Z stdout F end")])
def test_wrappers_are_text_formats(kind: str, message: str) -> None:
    (record,) = read_records(["2026-11-26T10:00:00.1Z stdout F end"], RecordReader(kind, UTC, NOW))
    assert record.parsed.message == message


def test_a_split_line_without_an_end_is_kept() -> None:
    (record,) = read_records(["2026-11-26T10:00:00.1Z stdout P half"], RecordReader("auto", UTC, NOW))
    assert record.parsed.message == "half"
    assert record.parsed.timestamp == datetime(2026, 11, 26, 10, 0, 0, 100_000, tzinfo=UTC)


def test_text_that_only_looks_like_the_start_of_json_is_kept() -> None:
    assert messages(["{", "  not json", "}", "next"]) == ["{\n  not json\n}", "next"]


def test_a_level_that_the_header_states_remains_with_a_traceback() -> None:
    lines = ["2026-11-26 10:00:00,1 WARNING x", "Traceback (most recent call last):", '  File "a"', "KeyError: 1"]
    (record,) = read_records(lines, RecordReader("auto", UTC, NOW))
    assert record.parsed.severity == "warn"


def test_one_line_may_hold_several_records() -> None:
    line = '{"Records":[{"eventVersion":"1","eventSource":"s3","eventName":"Get","errorCode":"Denied"},{"eventVersion":"1","eventSource":"s3","eventName":"Put"}]}'
    found = [record.parsed for record in read_records([line], RecordReader("auto", UTC, NOW))]
    assert [(p.message, p.severity) for p in found] == [("s3 Get Denied", "error"), ("s3 Put", "info")]


def test_an_otlp_request_becomes_its_log_records() -> None:
    line = (
        '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},'
        '"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795687200000000000","severityNumber":17,'
        '"body":{"stringValue":"boom"},"attributes":[{"key":"a","value":{"intValue":"1"}}]}]}]}]}'
    )
    (record,) = read_records([line], RecordReader("auto", UTC, NOW))
    parsed = record.parsed
    assert (parsed.message, parsed.severity, parsed.service_id) == ("boom", "error", "shop")
    assert parsed.attributes["a"] == "1"


LINES = st.sampled_from(
    [
        "plain", "  indented", "", "2026-11-26T10:00:00Z INFO a", "Traceback (most recent call last):", "KeyError: 1", "{", "}",
        "2026-11-26T10:00:00.1Z stdout P part ", "2026-11-26T10:00:00.1Z stdout F end", "2026-11-26T10:00:00.1Z stdout F   more",
        "2026-11-26T10:00:00.1Z stderr F other", "2026-11-26T10:00:00.1Z stderr P part ", "web-1 | x", "web-1 |   y",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(LINES, max_size=12), st.integers(0, 12))
@example(["{", "}"], 2)
@example(["2026-11-26T10:00:00Z INFO a", "2026-11-26T10:00:00.1Z stdout P part ", "x"], 3)
def test_reading_can_go_on_after_the_last_record(lines: list[str], cut: int) -> None:
    """A crash after any line loses nothing and repeats nothing: `end` separates the records so far from the rest."""
    reader, before, end = RecordReader("auto", UTC, NOW), list[str](), 0
    for number, line in enumerate(lines[:cut], 1):
        for record in reader.feed(line, number):
            before.append(record.parsed.message)
            end = record.end
    if reader.is_interleaved:
        for record in reader.flush():
            before.append(record.parsed.message)
            end = record.end
    after = messages(lines[end:])
    kept = sorted(word for message in before + after for word in message.split())
    whole = sorted(word for message in messages(lines[:end]) + after for word in message.split())
    assert kept == whole


def test_w3c_columns_are_named_by_their_header() -> None:
    lines = ["#Fields: date time s-ip cs-method cs-uri-stem sc-status", "2026-11-26 10:00:00 10.0.0.1 GET /a 500"]
    parsed = list(read_records(lines, RecordReader("auto", UTC, NOW)))[1].parsed
    assert (parsed.message, parsed.severity) == ("GET /a 500", "error")
    assert parsed.timestamp == datetime(2026, 11, 26, 10, tzinfo=UTC)
