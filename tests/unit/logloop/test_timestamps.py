"""Parsing times in log lines: formats, zones, missing years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop.lines.times.timestamps import match_timestamp, parse_zone, read_timestamp

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
PLUS_TWO = timezone(timedelta(hours=2))
EARLY, LATE = datetime(1975, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone


def test_a_time_without_a_zone_is_in_the_given_zone() -> None:
    assert read_timestamp("2026-01-01 10:00:00", PLUS_TWO, NOW) == datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert read_timestamp("2026-01-01 10:00:00Z", PLUS_TWO, NOW) == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert read_timestamp("2026-01-01T10:00:00+0530", PLUS_TWO, NOW) == datetime(2026, 1, 1, 4, 30, tzinfo=UTC)


def test_a_named_zone_uses_the_offset_of_the_date() -> None:
    berlin = parse_zone("Europe/Berlin")
    assert read_timestamp("2026-07-01 10:00:00", berlin, NOW) == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert read_timestamp("2026-01-01 10:00:00", berlin, NOW) == datetime(2026, 1, 1, 9, tzinfo=UTC)


def test_a_time_without_a_year_is_the_latest_one_not_in_the_future() -> None:
    for text, year in (
        ("Dec 31 23:59:59", 2025),
        ("Jan  2 11:00:00", 2026),
        ("Jan  3 11:00:00", 2026),
        ("Mar  1 00:00:00", 2025),
    ):
        found = match_timestamp(text, UTC, NOW)
        assert found is not None
        assert found[0].year == year


def test_a_leap_day_without_a_year_is_found_in_a_leap_year() -> None:
    found = match_timestamp("Feb 29 10:00:00", UTC, datetime(2024, 3, 1, tzinfo=UTC))
    assert found is not None
    assert found[0] == datetime(2024, 2, 29, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-13-01 10:00:00", "2026-02-30 10:00:00", "25:00:00", "12345", "tomorrow", ""])
def test_other_text_is_not_a_time(text: str) -> None:
    assert read_timestamp(text, UTC, NOW) is None


@pytest.mark.parametrize("text", ["Nowhere/Else", "+25", "summer"])
def test_an_unknown_zone_is_rejected_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="Europe/Berlin"):
        parse_zone(text)


@given(
    st.datetimes(min_value=EARLY, max_value=LATE, timezones=st.just(UTC)),
    st.sampled_from([1, 1_000, 1_000_000, 1_000_000_000]),
)
def test_epoch_numbers_are_read_in_their_unit(moment: datetime, unit: int) -> None:
    micros = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    found = read_timestamp(micros * unit // 1_000_000, UTC, NOW)
    assert found is not None
    assert abs(found - moment) <= timedelta(seconds=1)


@given(st.datetimes(min_value=EARLY, timezones=st.just(PLUS_TWO)))
def test_iso_times_round_trip(moment: datetime) -> None:
    assert read_timestamp(moment.isoformat(), UTC, NOW) == moment
