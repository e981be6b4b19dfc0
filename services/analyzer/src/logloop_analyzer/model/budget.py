"""Tokens that each project may still spend today.

It must not be the only guard: it counts in this process alone, from its start.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime


class DailyTokens:
    """Tokens spent by project on the current UTC day."""

    def __init__(self, today: Callable[[], date] = lambda: datetime.now(UTC).date()) -> None:
        self._today = today
        self._day = today()
        self._spent: dict[str, int] = {}

    def spend(self, project_id: str, tokens: int) -> None:
        """Note what a question cost."""
        self._turn_over()
        self._spent[project_id] = self._spent.get(project_id, 0) + tokens

    def allows(self, project_id: str, tokens: int, budget: int | None) -> bool:
        """Whether a question of about this many tokens fits a project's budget; None is no limit."""
        self._turn_over()
        return budget is None or self._spent.get(project_id, 0) + tokens <= budget

    def _turn_over(self) -> None:
        today = self._today()
        if today != self._day:
            self._day = today
            self._spent.clear()
