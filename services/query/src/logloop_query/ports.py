"""What the use cases of records and of logs need from each other."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Protocol

from logloop_query.outcomes import OutcomeSummary
from logloop_query.run_reports import RunReport


class LogStorage(Protocol):
    """The stored logs, as projects and analyses use them."""

    def check_query(self, q: str) -> None:
        """Raise Unprocessable, with the position, when `q` is not a valid search text."""

    async def delete_project_logs(self, project_id: str) -> None:
        """Delete every log and pattern of a project. Idempotent."""

    async def set_retention(self, project_id: str, days: int) -> None:
        """Let the stored logs of a project expire `days` after they were stored."""


class SeenRegistry(Protocol):
    """Registers the services and tests of stored logs."""

    async def register(
        self, project_id: str, services: AbstractSet[str], tests: AbstractSet[str], at: datetime
    ) -> None:
        """Register the services and tests of stored logs. Idempotent.

        Called after each write and before the acknowledgement. The caller logs an error and continues.
        """

    async def record_outcomes(self, project_id: str, outcomes: Sequence[OutcomeSummary]) -> None:
        """Count test runs. Called once for each stored row, after the write."""

    async def record_test_runs(self, project_id: str, reports: Sequence[RunReport]) -> None:
        """Store test runs and outcomes. Idempotent; also called for rows that were stored before."""


class RetentionSource(Protocol):
    """Returns how long projects keep their logs."""

    async def retention_days(self, project_id: str) -> int:
        """Return the retention in days; DEFAULT_RETENTION_DAYS for an unknown project."""


class KeyUsage(Protocol):
    """Records the use of API keys."""

    async def record_keys(self, key_ids: Sequence[str], at: datetime) -> None:
        """Note that logs were sent with these keys."""
