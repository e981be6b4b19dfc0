"""Quiet hours: parts of the day in the receiver's own time zone, which may include midnight."""

from datetime import UTC, datetime

import pytest
from logloop_ci_bridge.notifications.quiet_hours import QuietHours
from pydantic import ValidationError


@pytest.mark.parametrize(
    ("start", "end", "zone", "at", "until"),
    [
        ("22:00", "07:00", "UTC", "2026-11-27T23:30", "2026-11-28T07:00"),
        ("22:00", "07:00", "UTC", "2026-11-28T06:59", "2026-11-28T07:00"),
        ("22:00", "07:00", "UTC", "2026-11-28T07:00", None),
        ("22:00", "07:00", "UTC", "2026-11-28T21:59", None),
        ("12:00", "13:00", "UTC", "2026-11-28T12:00", "2026-11-28T13:00"),
        ("22:00", "07:00", "Europe/Berlin", "2026-11-27T21:30", "2026-11-28T06:00"),
        ("22:00", "07:00", "Asia/Tokyo", "2026-11-27T21:30", "2026-11-27T22:00"),
    ],
)
def test_the_end_of_quiet_hours_is_found_in_their_time_zone(
    start: str, end: str, zone: str, at: str, until: str | None
) -> None:
    hours = QuietHours(start=start, end=end, timezone=zone)
    found = hours.end_after(datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert found == (None if until is None else datetime.fromisoformat(until).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    "bad", [{"timezone": "Mars/Base"}, {"timezone": "../etc/passwd"}, {"start": "24:00"}, {"end": "22:00"}]
)
def test_times_that_do_not_exist_are_refused(bad: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        QuietHours.model_validate({"start": "22:00", "end": "07:00", **bad})
