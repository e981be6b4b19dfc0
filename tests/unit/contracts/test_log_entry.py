"""What a log entry accepts, rejects and converts."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_contracts import LogEntry, Severity, parse_severity
from pydantic import ValidationError

WHEN = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))


def entry(**changes: Any) -> LogEntry:
    fields = {"project_id": "shop", "service_id": "cart", "message": "hi", "severity": "info", "timestamp": WHEN}
    return LogEntry(**{**fields, **changes})


def test_a_timestamp_is_converted_to_utc_with_its_microseconds() -> None:
    assert entry().timestamp == datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
    assert entry().timestamp.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("word", "severity"),
    [("warning", "warn"), ("FATAL", "error"), ("Critical", "error"), ("trace", "debug"), (" info ", "info")],
)
def test_severity_aliases_are_accepted(word: str, severity: str) -> None:
    assert entry(severity=word).severity == Severity(severity)
    assert parse_severity(word) == severity


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("project_id", "Shop!"),
        ("project_id", ""),
        ("service_id", "a b"),
        ("service_id", "x" * 129),
        ("test_id", ""),
        ("func_id", "x" * 513),
        ("severity", "loud"),
        ("severity", None),
        ("timestamp", "2026-11-22T10:00:00"),
        ("timestamp", "yesterday"),
        ("message", "é" * 200_000),
        ("message", None),
        ("attributes", [1]),
        ("attributes", {str(i): i for i in range(257)}),
        ("surprise", 1),
    ],
)
def test_an_invalid_value_is_rejected_with_the_name_of_its_field(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        entry(**{field: value})
    assert caught.value.errors()[0]["loc"][0] == field


def test_assignment_is_validated_and_a_rejected_one_changes_nothing() -> None:
    item = entry()
    item.severity = "warning"  # type: ignore[assignment]  # the alias becomes a Severity
    assert item.severity is Severity.WARN
    with pytest.raises(ValidationError):
        item.severity = "loud"  # type: ignore[assignment]  # the point of the test
    with pytest.raises(ValidationError):
        item.timestamp = datetime(2026, 1, 1)  # noqa: DTZ001  # the point of the test
    assert (item.severity, item.timestamp) == (Severity.WARN, entry().timestamp)


def test_an_error_does_not_repeat_the_rejected_value() -> None:
    with pytest.raises(ValidationError) as caught:
        entry(severity="hunter2")
    assert "input_value" not in str(caught.value)


def test_attributes_nested_too_deep_are_rejected_without_recursion() -> None:
    value: Any = 1
    for _ in range(5000):
        value = {"a": value}
    with pytest.raises((ValidationError, RecursionError)):
        entry(attributes=value)
    shallow: Any = 1
    for _ in range(20):
        shallow = {"a": shallow}
    assert entry(attributes=shallow).attributes == shallow


@given(st.datetimes(timezones=st.just(UTC)), st.text(max_size=50))
def test_an_entry_round_trips_through_json(moment: datetime, message: str) -> None:
    item = entry(timestamp=moment, message=message)
    assert LogEntry.model_validate_json(item.model_dump_json()) == item
