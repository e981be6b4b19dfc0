"""Which time range a window is compared with."""

from datetime import UTC, datetime, timedelta

import pytest
from logloop_analyzer.analysis.baselines import choose_baseline
from logloop_analyzer.query_api.interface import LogCounts, LogSelection

UNTIL = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = LogSelection("shop", "service:pay", UNTIL - HOUR, UNTIL)


class Counted:
    """Query, as far as a choice needs it: (logs, errors) by how much earlier a range is than the window."""

    def __init__(self, counts: dict[timedelta, tuple[int, int]]) -> None:
        self._counts = counts
        self.asked: list[timedelta] = []

    async def count_logs(self, selection: LogSelection) -> LogCounts:
        assert (selection.project_id, selection.q) == ("shop", "service:pay")
        assert selection.until - selection.since == HOUR
        shift = WINDOW.since - selection.since
        self.asked.append(shift)
        return LogCounts(*self._counts[shift])


NOW, BEFORE, DAY, WEEK = timedelta(), HOUR, timedelta(days=1), timedelta(days=7)


async def test_the_time_right_before_is_the_baseline_and_nothing_else_is_counted() -> None:
    query = Counted({NOW: (1000, 100), BEFORE: (900, 4)})
    found = await choose_baseline(query, WINDOW)  # type: ignore[arg-type]
    assert (found.kind, found.since, found.until, found.reason) == ("before", UNTIL - 2 * HOUR, UNTIL - HOUR, None)
    assert query.asked == [NOW, BEFORE]


async def test_when_the_fault_had_begun_before_the_day_before_is_the_baseline() -> None:
    query = Counted({NOW: (1000, 100), BEFORE: (1000, 80), DAY: (1000, 4), WEEK: (1000, 3)})
    found = await choose_baseline(query, WINDOW)  # type: ignore[arg-type]
    assert (found.kind, found.since) == ("day", WINDOW.since - DAY)
    assert found.reason == (
        "the previous window already has more errors: 8 % of its logs, 0.4 % at the same time the day before"
    )


async def test_usual_errors_are_no_reason_to_look_further_back() -> None:
    query = Counted({NOW: (1000, 90), BEFORE: (1000, 80), DAY: (1000, 75), WEEK: (1000, 85)})
    assert (await choose_baseline(query, WINDOW)).kind == "before"  # type: ignore[arg-type]


@pytest.mark.parametrize(("day", "expected"), [((800, 3), "day"), ((4, 0), "week"), ((800, 200), "week")])
async def test_a_range_without_logs_is_replaced_by_a_healthy_one(day: tuple[int, int], expected: str) -> None:
    query = Counted({NOW: (1000, 100), BEFORE: (3, 0), DAY: day, WEEK: (700, 2)})
    found = await choose_baseline(query, WINDOW)  # type: ignore[arg-type]
    assert (found.kind, found.reason) == (expected, "the previous window has too few logs (3)")


async def test_without_any_other_logs_the_time_right_before_remains() -> None:
    query = Counted({NOW: (1000, 100), BEFORE: (3, 0), DAY: (0, 0), WEEK: (0, 0)})
    assert (await choose_baseline(query, WINDOW)).kind == "before"  # type: ignore[arg-type]


async def test_no_baseline_overlaps_a_long_window() -> None:
    long = LogSelection("shop", "", UNTIL - timedelta(days=2), UNTIL)

    class Empty:
        async def count_logs(self, selection: LogSelection) -> LogCounts:
            assert selection in (long, *_earlier(long)), selection
            return LogCounts(100 if selection == long else 0, 0)

    assert (await choose_baseline(Empty(), long)).kind == "before"  # type: ignore[arg-type]


def _earlier(selection: LogSelection) -> list[LogSelection]:
    shifts = (timedelta(days=2), timedelta(days=7))
    return [LogSelection("shop", "", selection.since - shift, selection.until - shift) for shift in shifts]
