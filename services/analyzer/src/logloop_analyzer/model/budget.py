"""Counts the tokens that each project spends per day.

The count is per process and starts at zero, so it is not a limit across processes or restarts.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime


class DailyTokenBudget:
    """Tokens spent by each project on the current UTC day."""

    def __init__(self, today: Callable[[], date] = lambda: datetime.now(UTC).date()) -> None:
        self._today = today
        self._day = today()
        self._spent: dict[str, int] = {}

    def spend(self, project_id: str, tokens: int) -> None:
        """Add what a question cost."""
        self._start_new_day()
        self._spent[project_id] = self._spent.get(project_id, 0) + tokens

    def allows(self, project_id: str, tokens: int, budget: int | None) -> bool:
        """Return whether a question of about this many tokens fits the project's budget. None means no limit."""
        self._start_new_day()
        return budget is None or self._spent.get(project_id, 0) + tokens <= budget

    def _start_new_day(self) -> None:
        today = self._today()
        if today != self._day:
            self._day = today
            self._spent.clear()
