"""What the storage half of this service offers the records half, and what it asks of it.

It must not hold logic: the shapes are here, `app` wires the implementations.

The records half finds the implementation as `app.state.logs` (a `LogsApi`) once the service has started, and
yields from `open_records(resources, app)` an object that is a `RecordsApi`.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from logloop_query.logs.outcomes import Outcomes

DEFAULT_RETENTION_DAYS = 30


@dataclass(frozen=True, slots=True)
class LogScope:
    """The logs of one project that a search text selects within [since, until); None leaves a side open."""

    project_id: str
    q: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogCount:
    """How many logs a scope holds; `partial` when a bound on the search was reached first."""

    logs: int
    partial: bool


class LogsApi(Protocol):
    """Logs as the records half sees them."""

    def check_query(self, q: str) -> None:
        """Raise Unprocessable (422, with position) when `q` is no search text."""

    async def count(self, scope: LogScope) -> LogCount:
        """Count the logs of a scope. Raises Unprocessable for a bad search text."""

    async def delete_project_logs(self, project_id: str) -> None:
        """Delete every log and pattern of a project. Repeating it does no harm."""

    async def retention_changed(self, project_id: str, days: int) -> None:
        """Move the expiry of everything a project has stored to `days` after it was stored."""


class RecordsApi(Protocol):
    """Records as the storage half sees them."""

    async def on_seen(
        self, project_id: str, services: AbstractSet[str], tests: AbstractSet[str], at: datetime
    ) -> None:
        """Logs of these services and tests were stored; register those that are unknown.

        Called after each write, before the acknowledgement, with the sets of that write. Idempotent and quick;
        an error is logged by the caller and does not stop the write.
        """

    async def on_tests_ended(self, project_id: str, outcomes: Sequence[Outcomes]) -> None:
        """Rows that tell how tests ended were stored. Called once for each stored row, after the write."""

    async def retention_days(self, project_id: str) -> int:
        """Days that a project keeps its logs; DEFAULT_RETENTION_DAYS when it is unknown."""
