"""The async handle of a run: the same as `logloop.ci.run`, awaited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from logloop.api.async_client import AsyncClient
from logloop.api.results import StoredLog
from logloop.ci.run import _Facts
from logloop.ci.state import PAGE, STORED_WITHIN_S, RunState, TestResult, poll_delays, results_of_tests


class AsyncRun(_Facts):
    """The async form of `Run`: the same properties, methods and errors."""

    def __init__(self, dispatch: dict[str, Any], client: AsyncClient | None = None) -> None:
        self._state = RunState(dispatch)
        self._client = client

    async def refresh(self) -> AsyncRun:
        """Read the state again."""
        async with self._connected() as client:
            await self._refresh(client)
        return self

    async def wait(self, timeout: float = 3600.0) -> AsyncRun:
        """Wait until the run has completed and its output is stored. See `Run.wait`."""
        end, delays = time.monotonic() + timeout, poll_delays()
        async with self._connected() as client:
            while True:
                await self._refresh(client)
                self._state.raise_without_run()
                if self._state.is_finished:
                    await self._wait_until_stored(client, end)
                    return self
                rest = end - time.monotonic()
                if rest <= 0:
                    raise TimeoutError(self._state.timeout_text(timeout))
                await asyncio.sleep(min(rest, delays.next_delay() or 0))

    async def logs(self, q: str = "", *, job: str | None = None, severity: str | None = None) -> list[StoredLog]:
        """Return the lines of its output in order; `q` searches them as log search does."""
        lines = await self._lines(q=q or None, job=job, severity=severity)
        return [StoredLog.model_validate(item) for item in lines]

    async def tests(self) -> list[TestResult]:
        """Return the results of the tests that its output reports."""
        return results_of_tests(await self._lines(q="_exists_:test_id"))

    async def cancel(self) -> None:
        """Withdraw the dispatch if it was not sent yet, else cancel the run. See `Run.cancel`."""
        async with self._connected() as client:
            await client.request("POST", f"{self._state.dispatch_path}/cancel")

    async def _refresh(self, client: AsyncClient) -> None:
        if not self._state.run:
            self._state.dispatch = await client.request("GET", self._state.dispatch_path)
            found = (await client.request("GET", "/ci/runs", params=self._state.runs_query()))["items"]
            if not found:
                return
            self._state.run = found[0]
        path, params = self._state.run_path()
        self._state.run = await client.request("GET", path, params=params)

    async def _lines(self, **params: Any) -> list[dict[str, Any]]:
        async with self._connected() as client:
            if not self._state.run:
                await self._refresh(client)
            path, own = self._state.run_path("/logs")
            return [item async for item in client.list(path, **own, **params, limit=PAGE)]

    async def _wait_until_stored(self, client: AsyncClient, end: float) -> None:
        """Wait until the lines of the output can be read: the platform stores them moments after the run."""
        path, own = self._state.run_path("/logs")
        give_up, delays = min(end, time.monotonic() + STORED_WITHIN_S), poll_delays()
        while time.monotonic() < give_up:
            page = await client.request("GET", path, params={**own, "limit": PAGE})
            if len(page["items"]) >= self._state.expected_lines:
                return
            await asyncio.sleep(delays.next_delay() or 0)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncClient]:
        if self._client is not None:
            yield self._client
            return
        async with AsyncClient() as client:
            yield client
