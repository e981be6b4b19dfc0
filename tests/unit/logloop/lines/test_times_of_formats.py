"""The times of all formats: forms, zones, leap seconds, clocks that go back, times that cannot be believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from logloop.lines.parsed import Context
from logloop.lines.reader import LineReader, read_any
from logloop.lines.records import RecordReader, read_records
from logloop.lines.times.timestamps import find_time, parse_zone, read_timestamp

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
BERLIN = parse_zone("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-26T10:00:00Z", "2026-11-26T10:00:00"),
        ("2026-11-26 10:00:00,123", "2026-11-26T10:00:00.123000"),
        ("2026-11-26 10:00:00.123456789", "2026-11-26T10:00:00.123456"),
        ("2026-11-26T10:00:00.1234567Z", "2026-11-26T10:00:00.123456"),
        ("2026/11/26 10:00:00", "2026-11-26T10:00:00"),
        ("2026.11.26 10:00:00", "2026-11-26T10:00:00"),
        ("2026-11-26 10:00", "2026-11-26T10:00:00"),
        ("2026-11-26, 10:00:00", "2026-11-26T10:00:00"),
        ("2026-11-26-10.00.00.123456", "2026-11-26T10:00:00.123456"),
        ("20261126T100000Z", "2026-11-26T10:00:00"),
        ("20261126 10:00:00.5", "2026-11-26T10:00:00.500000"),
        ("20261126-10:0:9:606", "2026-11-26T10:00:09.606000"),
        ("261126 10:00:00", "2026-11-26T10:00:00"),
        ("081109 203615", "2008-11-09T20:36:15"),
        ("17/06/09 20:10:40", "2017-06-09T20:10:40"),
        ("99/06/09 20:10:40", "1999-06-09T20:10:40"),
        ("11/26/2026 10:00:00 PM", "2026-11-26T22:00:00"),
        ("11/26/2026, 12:00:00 AM", "2026-11-26T00:00:00"),
        ("26/11/2026 10:00:00", "2026-11-26T10:00:00"),
        ("26.11.2026 10:00:00", "2026-11-26T10:00:00"),
        ("26/Nov/2026:10:00:00 +0100", "2026-11-26T09:00:00"),
        ("26-Nov-2026 10:00:00.123", "2026-11-26T10:00:00.123000"),
        ("26-NOV-26 10:00:00", "2026-11-26T10:00:00"),
        ("26-Nov-2026::10:00:00", "2026-11-26T10:00:00"),
        ("26 Nov 2026 10:00:00.123", "2026-11-26T10:00:00.123000"),
        ("26 Nov 10:00:00", "2026-11-26T10:00:00"),
        ("Nov 26 10:00:00", "2026-11-26T10:00:00"),
        ("Nov 9 12:01:01", "2026-11-09T12:01:01"),
        ("Nov 26, 2026 10:00:00 AM", "2026-11-26T10:00:00"),
        ("Thu, 26 Nov 2026 10:00:00 PM GMT", "2026-11-26T22:00:00"),
        ("9:00:00 PM", "2026-11-25T21:00:00"),
        ("Thu Nov 26 10:00:00 2026", "2026-11-26T10:00:00"),
        ("Thu Nov 26 10:00:00.123456 2026", "2026-11-26T10:00:00.123456"),
        ("Wed Jul  1 12:00:00 UTC 2020", "2020-07-01T12:00:00"),
        ("Wed Jul  1 12:00:00 CEST 2020", "2020-07-01T10:00:00"),
        ("Wed Jul  1 12:00:00 -0700 PDT 2020", "2020-07-01T19:00:00"),
        ("Thu, 26 Nov 2026 10:00:00 GMT", "2026-11-26T10:00:00"),
        ("Thursday, November 26, 2026 10:00:00 AM", "2026-11-26T10:00:00"),
        ("Thu 2026-11-26 10:00:00 UTC", "2026-11-26T10:00:00"),
        ("11-22 23:06:01.811", "2026-11-22T23:06:01.811000"),
        ("10:00:00.123", "2026-11-26T10:00:00.123000"),
        ("23:00:00", "2026-11-25T23:00:00"),
        ("2026-11-26 10:00:00 UTC+2", "2026-11-26T08:00:00"),
        ("2026-11-26 10:00:00 +05:30", "2026-11-26T04:30:00"),
        ("2026-11-26 10:00:00-03", "2026-11-26T13:00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00"),
        ("1795687200.123456", "2026-11-26T10:00:00.123456"),
        ("1795687200123", "2026-11-26T10:00:00.123000"),
        ("1795687200123456", "2026-11-26T10:00:00.123456"),
        ("1795687200123456789", "2026-11-26T10:00:00.123456"),
        ("/Date(1795687200123)/", "2026-11-26T10:00:00.123000"),
        ("2026-11-26 10:60:00", None),
        ("11/26/2026 13:00:00 PM", None),
        ("2026-11-26 10:00:00 CEREAL", None),
    ],
)
def test_a_time_is_read_in_its_form(text: str, expected: str | None) -> None:
    found = read_timestamp(text, UTC, NOW)
    assert (found.isoformat() if found else None) == (expected and f"{expected}+00:00")


@pytest.mark.parametrize(
    ("line", "zone", "expected", "attributes"),
    [
        ("2026-07-01 12:00:00 CEST x", "UTC", 10, {}),
        ("2026-07-01 12:00:00 EDT x", "UTC", 16, {}),
        ("2026-07-01 12:00:00 IST x", "UTC", 6, {"time.zone": "IST", "time.zone_assumed": "+0530"}),
        ("2026-07-01 12:00:00 IST x", "Europe/Dublin", 11, {}),
        ("2026-07-01 12:00:00 IST x", "Asia/Jerusalem", 10, {"time.zone": "IST", "time.zone_assumed": "+0530"}),
        ("2026-01-01 12:00:00 IST x", "Asia/Jerusalem", 10, {}),
        ("2026-07-01 12:00:00 CST x", "Asia/Shanghai", 4, {}),
        ("2026-07-01 12:00:00 CST x", "+08:00", 4, {}),
        ("2026-07-01 12:00:00 BST x", "UTC", 11, {"time.zone": "BST", "time.zone_assumed": "+0100"}),
        ("2026-07-01 12:00:00.000 XYZT [1] LOG:  x", "UTC", 12, {"time.zone": "XYZT", "process.pid": 1}),
        ("2026-07-01 12:00:00.000 +03 [1] LOG:  x", "UTC", 9, {"process.pid": 1}),
    ],
)
def test_a_zone_is_never_silently_wrong(line: str, zone: str, expected: int, attributes: dict[str, object]) -> None:
    parsed = read_any(line, parse_zone(zone), NOW)
    assert parsed.timestamp is not None
    if "time.zone_assumed" not in attributes or zone == "UTC":
        assert parsed.timestamp.hour == expected
    assert parsed.attributes == attributes


@pytest.mark.parametrize("word", ["GET", "INFO", "XYZT", "WAIT"])
def test_a_word_after_the_time_is_no_zone(word: str) -> None:
    found = find_time(f"2026-07-01 12:00:00 {word} x", Context(UTC, NOW))
    assert found is not None
    assert found.end == len("2026-07-01 12:00:00")


def times(lines: list[str], zone: str = "UTC", *, learn: bool = False) -> list[datetime | None]:
    reader = RecordReader("auto", parse_zone(zone), NOW)
    if learn:
        reader.learn(lines)
    return [record.parsed.timestamp for record in read_records(lines, reader)]


def test_the_hour_that_occurs_twice_stays_in_order() -> None:
    clocks = ["01:59:00", "02:00:00", "02:30:00", "02:59:59", "02:00:00", "02:30:00", "02:29:59", "03:00:00"]
    found = times([f"2026-10-25 {clock} INFO x" for clock in clocks], "Europe/Berlin")
    assert [moment.strftime("%H:%M:%S") for moment in found if moment] == [
        "23:59:00", "00:00:00", "00:30:00", "00:59:59", "01:00:00", "01:30:00", "01:29:59", "02:00:00",
    ]  # fmt: skip


def test_the_hour_that_is_skipped_stays_in_order() -> None:
    found = times([f"2026-03-29 {clock} INFO x" for clock in ("01:59:59", "02:30:00", "03:30:01")], "Europe/Berlin")
    assert found == sorted(found, key=str)


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["03/04/2026", "25/04/2026"], "2026-04-03"),
        (["03/04/2026", "04/25/2026"], "2026-03-04"),
        (["05/06/07", "05/31/07"], "2007-05-06"),
        (["05/06/07", "05/06/27"], "2005-06-07"),
    ],
)
def test_the_first_lines_show_the_order_of_dates(dates: list[str], first: str) -> None:
    found = times([f"{date} 10:00:00 INFO x" for date in dates], learn=True)
    assert str(found[0])[:10] == first


@pytest.mark.parametrize("claimed", ["2030-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_time_that_cannot_be_believed_is_an_attribute_and_takes_no_line_with_it(claimed: str) -> None:
    reader = RecordReader("auto", UTC, NOW)
    lines = ["2026-11-26T09:00:00Z INFO a", f"{claimed} INFO wrong", "plain", "2026-11-26T10:00:00Z INFO b"]
    found = [record.parsed for record in read_records(lines, reader)]
    nine, ten = datetime(2026, 11, 26, 9, tzinfo=UTC), datetime(2026, 11, 26, 10, tzinfo=UTC)
    assert [parsed.timestamp for parsed in found] == [nine, NOW, nine, ten]
    assert found[1].attributes == {"time.claimed": claimed.replace("Z", "+00:00")}


def test_a_time_less_than_a_day_ahead_is_believed() -> None:
    ahead = NOW + timedelta(hours=23)
    assert times([f"{ahead.isoformat()} INFO x"]) == [ahead]


def test_a_clock_without_a_date_says_so() -> None:
    assert read_any("10:00:00.123 ERROR x", UTC, NOW).attributes == {"time.date": "assumed"}


def test_the_present_moves_on_while_lines_arrive() -> None:
    reader = LineReader()
    first = reader.context.now
    reader.set_now(NOW)
    assert reader.context.now == NOW != first


SAME_SECOND = (
    "2026-11-26 10:00:00",
    "2026-11-26T10:00:00",
    "11-26 10:00:00",
    "Nov 26 10:00:00",
    "26/Nov/2026:10:00:00",
)
AFTER = ("", "Z", " UTC", "+01:00", " +0100", " IST", " PM", " 2020", ":30", "123")
TEXTS = (
    " x",
    " INFO x",
    " PDT x",
    " - x",
    " -0700 x",
    "] x",
    " p.m.",
    " 2019 x",
    "",
    ".5",
    "Zulu",
    " EST 2020 x",
    "7",
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(SAME_SECOND),
            st.sampled_from(("", ".1", ".123", ",123", ".123456", ".123456789", ".١٢٣")),
            st.sampled_from(AFTER),
            st.sampled_from(TEXTS),
        ).map("".join),
        min_size=2,
        max_size=8,
    )
)
@example(["11-26 10:00:00.123456", "11-26 10:00:00.123"])
def test_a_time_means_the_same_whatever_was_read_before_it(texts: list[str]) -> None:
    alone = [find_time(text, Context(UTC, NOW)) for text in texts]
    shared = Context(UTC, NOW)
    assert [find_time(text, shared) for text in texts] == alone
