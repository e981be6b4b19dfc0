"""Reports changes to query until query has them."""

import asyncio

import structlog
from logloop_chassis.background import repeat
from logloop_chassis.http.problems import Problem, Unavailable

from logloop_ci_bridge.audit.store import ChangeOutbox
from logloop_ci_bridge.query_client import QueryClient

_IDLE_S = 5.0
_AT_ONCE = 50
_log = structlog.get_logger()


class ChangeReporter:
    """Empties the outbox. A change that is reported twice, by two processes or after a crash, is kept once."""

    def __init__(self, outbox: ChangeOutbox, query: QueryClient) -> None:
        self._outbox = outbox
        self._query = query
        self.wake = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Report changes until the service stops."""
        await repeat(self.step, "audit", stopping, idle_s=_IDLE_S, wake=self.wake)

    async def step(self) -> bool:
        """Report the oldest changes. Return False when there were none, or query did not take them."""
        changes = await self._outbox.waiting(_AT_ONCE)
        all_taken = bool(changes)
        for change in changes:
            try:
                await self._query.report_change(change)
            except Problem as error:
                _log.warning("a change waits for the audit trail", change=change.id, error=str(error))
                all_taken = False
                if isinstance(error, Unavailable):
                    break
                continue  # one that query does not take must not hold the others
            await self._outbox.reported(change.id)
        return all_taken
