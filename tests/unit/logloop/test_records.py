"""Lines that belong together become one record."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st
from logloop.lines.records import MAX_RECORD_CHARS, RecordReader, read_records

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def messages(text: str, *, join: bool = True) -> list[str]:
    return [r.parsed.message for r in read_records(text.splitlines(), RecordReader("auto", UTC, NOW, join=join))]


PYTHON = """2026-11-22 23:06:01,123 ERROR shop.pay failed
Traceback (most recent call last):
  File "pay.py", line 3, in charge
    int("x")
ValueError: invalid literal

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "pay.py", line 5, in charge
    raise shop.PayError("no") from None
shop.PayError: no
2026-11-22 23:06:02,000 INFO shop.pay next"""


def test_a_python_traceback_stays_with_the_line_it_belongs_to() -> None:
    records = list(read_records(PYTHON.splitlines(), RecordReader("auto", UTC, NOW)))
    assert len(records) == 2
    first = records[0].parsed
    assert first.message.startswith("shop.pay failed\nTraceback")
    assert first.message.endswith("shop.PayError: no")
    assert first.severity == "error"
    assert first.attributes["exception.type"] == "shop.PayError"
    assert first.attributes["exception.message"] == "no"
    assert records[1].parsed.message == "shop.pay next"


def test_a_java_stack_trace_is_one_record() -> None:
    text = """2026-11-22 23:06:01,123 ERROR [main] App: boom
java.lang.IllegalStateException: boom
\tat com.acme.App.main(App.java:3)
Caused by: java.io.IOException: disk
\t... 3 more
2026-11-22 23:06:02,000 INFO next"""
    found = messages(text)
    assert found[-1] == "next"
    assert any("Caused by: java.io.IOException" in message and "at com.acme" in message for message in found)


def test_a_go_panic_is_one_record() -> None:
    text = "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:3 +0x1d\nexit status 2\nnext line"
    assert [message.splitlines()[0] for message in messages(text)] == ["panic: boom", "next line"]


def test_a_traceback_without_a_log_line_is_one_record() -> None:
    text = 'starting\nTraceback (most recent call last):\n  File "a.py", line 1\nKeyError: 3\ndone'
    assert messages(text) == [
        "starting",
        'Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 3',
        "done",
    ]


def test_indented_lines_are_joined_unless_disabled() -> None:
    assert messages("a\n  b\n\tc\nd") == ["a\n  b\n\tc", "d"]
    assert messages("a\n  b", join=False) == ["a", "  b"]


def test_a_record_without_a_time_gets_the_time_of_the_record_before() -> None:
    reader = RecordReader("auto", UTC, NOW)
    times = [r.parsed.timestamp for r in read_records(["x", "2026-11-22T23:06:01Z a", "b"], reader)]
    at = datetime(2026, 11, 22, 23, 6, 1, tzinfo=UTC)
    assert times == [NOW, at, at]


def test_an_endless_record_is_split_below_the_size_limit() -> None:
    found = messages("start\n" + "\n".join(" " + "x" * 999 for _ in range(500)))
    assert len(found) > 5
    assert max(map(len, found)) <= MAX_RECORD_CHARS + 1_000


@given(
    st.lists(
        st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\n\r"), max_size=60), max_size=30
    )
)
@example(["{", "[", "<34>", "Nov 22", '<1>1 - - - - - [a b="', "a=", '="', "##[", "E1122 ", "1:M ", "[Sun"])
def test_no_text_is_lost(lines: list[str]) -> None:
    reader = RecordReader("text", UTC, NOW)
    joined = "\n".join(record.parsed.message for record in read_records(lines, reader))
    for line in lines:
        plain = line.strip()
        if plain.isalnum():
            assert plain in joined


@given(
    st.lists(
        st.sampled_from(["a", "  b", "", "2026-11-22T23:06:01Z c", "Traceback (most recent call last):", "E: x"])
    )
)
def test_records_end_at_line_ends_in_order(lines: list[str]) -> None:
    reader, ends, offset = RecordReader("auto", UTC, NOW), list[int](), 0
    valid = {0}
    for line in lines:
        offset += len(line) + 1
        valid.add(offset)
        ends += [record.end for record in reader.feed(line, offset)]
    ends += [record.end for record in reader.flush()]
    assert ends == sorted(ends)
    assert set(ends) <= valid
