"""Whatever a line is recognised as, each of its words stays in the message, an attribute or an id."""

# ruff: noqa: E501, RUF001 - lines of logs are long, and some have digits of other scripts

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from logloop.lines.formats import TABLE
from logloop.lines.parsed import ParsedLine
from logloop.lines.reader import read_any
from logloop.lines.records import RecordReader, read_records
from logloop.shipping.shipper import ShipSettings

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PIECES = [
    "2026-11-22 23:06:01", "2026-11-22T23:06:01.123456Z", "2026-11-22T23:06:01.1234567Z ", "Nov 22 23:06:01", "23:06:01.123",
    "22/Nov/2026:23:06:01 +0000", "17/06/09 20:10:40", "081109 203615", "1795388761", "11-22 23:06:01.811", "CEST", "UTC",
    "[", "]", "(", ")", "<", ">", "{", "}", ": ", " ", "  ", "\t", " - ", " | ", ",", "=", '"', "'", "/", ".", "::", "#", "%",
    "ERROR", "[error]", "info:", "WARN ", "E ", "fail: ", "level=warn", "<34>", "<165>1 ", "- ", "app[31]: ", "web1 ", "[31]",
    "31#31: ", "1702  2395 ", " stdout F ", " stderr P ", "web-1  | ", '{"log":"', '","stream":"stderr"}', '{"msg":"', '"}',
    "FAILED tests/a.py::", "PHP Warning:  ", "--- FAIL: ", "npm ERR! ", "GET /", ' HTTP/1.1" 502 157', "[Nest] 31 - ", "\x1b[31m",
    "\r", "\x00", "# Time: ", "#Fields: date time ", "E1122 23:06:01.123456 31 a.go:1] ", "I, [2026-11-22T23:06:01 #31]  INFO -- : ",
    "panic: ", "Traceback (most recent call last):", "10.0.0.1 - - [", "1:M 22 Nov 2026 23:06:01.123 * ", "production.ERROR: ",
    "nova.log ", "pid=1 tid=2 INFO: ", "- 1795388761 2026.11.22 ", "error,", "ok 1 - ", "[  FAILED  ] ", "::error file=",
]  # fmt: skip
WORDS = st.integers(0, 999).map("word{:03}x".format)


def kept(parsed: ParsedLine) -> str:
    parts = [parsed.message, json.dumps(parsed.attributes, ensure_ascii=False, default=str), parsed.severity_text]
    ids = [parsed.test_id, parsed.func_id, parsed.service_id, parsed.source]
    return "\n".join(part for part in [*parts, *ids] if part) + "".join(map(kept, parsed.more))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), WORDS), max_size=12))
@example(["2026-11-22 23:06:01", " ", "word001x", " ", "word002x", ": ", "word003x"])
@example(["2026-11-22T23:06:01.1234567Z ", "FAILED tests/a.py::", "word001x", " - ", "word002x"])
@example(["word000x", "web-1  | ", "web-1  | "])
@example(["10%", "\r", "word001x", "\r", "word002x"])
def test_the_words_of_any_line_are_kept(pieces: list[str]) -> None:
    line = "".join(pieces)
    text = kept(read_any(line, UTC, NOW))
    for word in re.findall(r"word\d{3}x", line):
        assert word in text


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(st.sampled_from(PIECES), WORDS), max_size=6).map(lambda pieces: "".join(pieces) + " end"),
        max_size=12,
    )
)
def test_the_words_of_any_lines_are_kept_in_entries(lines: list[str]) -> None:
    reader = RecordReader("auto", UTC, NOW)
    entries = [
        entry for r in read_records(lines, reader) for entry in ShipSettings(service="x").entries(r.parsed, "s")
    ]
    text = json.dumps(entries, ensure_ascii=False, default=str)
    for word in re.findall(r"word\d{3}x", "\n".join(lines)):
        assert word in text


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
@example("9999-12-31 23:59:59-14:00 x")
@example("0001-01-01 00:00:00+14:00 x")
@example('{"time":1e400,"level":NaN}')
@example("٣٣:٢٢:١١ x")
@example("[" * 5_000)
@example('{"a":' * 3_000 + "1" + "}" * 3_000)
def test_the_reader_never_raises(line: str) -> None:
    assert read_any(line, UTC, NOW).message is not None


@pytest.mark.parametrize(
    ("name", "line"), [(entry.name, line) for entry in TABLE for line in entry.examples], ids=lambda value: value[:30]
)
def test_each_format_reads_its_examples_and_keeps_their_words(name: str, line: str) -> None:
    parsed = read_any(line, UTC, datetime(2026, 11, 23, tzinfo=UTC))
    assert parsed.format.rpartition("+")[2] == name
    text = kept(parsed) + str(parsed.severity)
    times = r"\d{4}-\d\d-\d\dT[\d:.]+Z?|(?:Nov|Sun|AM|PM|UTC|CET|Europe/Berlin|pid|tid|jid|class)\b"  # names of fields, and times
    for word in re.findall(r"[A-Za-z]{3,}", re.sub(times, " ", line)):
        assert word.lower() in text.lower()


@pytest.mark.parametrize("size", [200_000, 1_000_000])
def test_a_long_line_keeps_its_time_and_level_and_all_its_text(size: int) -> None:
    line = "2026-11-22 23:06:01,123 ERROR " + "word " * (size // 5) + "end"
    (record,) = read_records([line], RecordReader("auto", UTC, NOW))
    entries = ShipSettings(service="x").entries(record.parsed, "s")
    assert {entry["severity"] for entry in entries} == {"error"}
    assert {entry["timestamp"] for entry in entries} == {datetime(2026, 11, 22, 23, 6, 1, 123000, tzinfo=UTC)}
    assert "".join(entry["message"] for entry in entries) == "word " * (size // 5) + "end"
    assert max(len(entry["message"].encode()) for entry in entries) <= 256 * 1024
