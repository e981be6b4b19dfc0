"""The handle of a run: waits for it, reads its output and tests, cancels it. It uses the HTTP API only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from logloop.api.client import Client
from logloop.api.results import StoredLog
from logloop.ci.state import PAGE, STORED_WITHIN_S, RunState, Status, TestResult, poll_delays, results_of_tests


class _Facts:
    """What both handles know without a request, as of the last `refresh` or `wait`."""

    _state: RunState

    @property
    def id(self) -> str:
        """Return the id of the dispatch, by which `logloop.ci.get` finds the run again."""
        return str(self._state.dispatch["id"])

    @property
    def run_id(self) -> str | None:
        """Return the id of the run; None until it has started."""
        return self._state.run.get("run_id")

    @property
    def status(self) -> Status:
        """Return `pending`, `sent`, `queued`, `in_progress` or `completed`.

        Without a run it is `failed` (rejected), `lost` (no workflow listens) or `recorded` (no GitHub credentials).
        """
        return self._state.status

    @property
    def conclusion(self) -> str | None:
        """Return how the run ended, such as `success` or `failure`; None until then."""
        return self._state.run.get("conclusion")

    @property
    def url(self) -> str | None:
        """Return the address of the run's page; None until it has started."""
        return self._state.run.get("url") or self._state.dispatch.get("run_url")

    @property
    def detail(self) -> str | None:
        """Return why no run started, or why output is missing."""
        return self._state.run.get("logs_detail") or self._state.dispatch.get("detail")

    @property
    def outputs(self) -> dict[str, str] | None:
        """Return the outputs of the jobs by name; None when they are unknown.

        GitHub's API does not show outputs, so they are known of emulated runs only.
        """
        return self._state.run.get("outputs")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.status}{f' {self.conclusion}' if self.conclusion else ''}>"


class Run(_Facts):
    """A run that was started. Properties show the state of the last `refresh` or `wait`.

    Without a `client`, each call opens a connection with the settings of the environment.
    """

    def __init__(self, dispatch: dict[str, Any], client: Client | None = None) -> None:
        self._state = RunState(dispatch)
        self._client = client

    def refresh(self) -> Run:
        """Read the state again."""
        with self._connected() as client:
            self._refresh(client)
        return self

    def wait(self, timeout: float = 3600.0) -> Run:
        """Wait until the run has completed and its output is stored.

        Raises TimeoutError, or RunNotStarted when no run will start.
        """
        end, delays = time.monotonic() + timeout, poll_delays()
        with self._connected() as client:
            while True:
                self._refresh(client)
                self._state.raise_without_run()
                if self._state.is_finished:
                    self._wait_until_stored(client, end)
                    return self
                rest = end - time.monotonic()
                if rest <= 0:
                    raise TimeoutError(self._state.timeout_text(timeout))
                time.sleep(min(rest, delays.next_delay() or 0))

    def logs(self, q: str = "", *, job: str | None = None, severity: str | None = None) -> list[StoredLog]:
        """Return the lines of its output in order; `q` searches them as log search does."""
        return [StoredLog.model_validate(item) for item in self._lines(q=q or None, job=job, severity=severity)]

    def tests(self) -> list[TestResult]:
        """Return the results of the tests that its output reports."""
        return results_of_tests(self._lines(q="_exists_:test_id"))

    def cancel(self) -> None:
        """Withdraw the dispatch if it was not sent yet, else cancel the run. Raises Refused when it has completed."""
        with self._connected() as client:
            client.request("POST", f"{self._state.dispatch_path}/cancel")

    def _refresh(self, client: Client) -> None:
        if not self._state.run:
            self._state.dispatch = client.request("GET", self._state.dispatch_path)
            found = client.request("GET", "/ci/runs", params=self._state.runs_query())["items"]
            if not found:
                return
            self._state.run = found[0]
        path, params = self._state.run_path()
        self._state.run = client.request("GET", path, params=params)

    def _lines(self, **params: Any) -> list[dict[str, Any]]:
        with self._connected() as client:
            if not self._state.run:
                self._refresh(client)
            path, own = self._state.run_path("/logs")
            return list(client.list(path, **own, **params, limit=PAGE))

    def _wait_until_stored(self, client: Client, end: float) -> None:
        """Wait until the lines of the output can be read: the platform stores them moments after the run."""
        path, own = self._state.run_path("/logs")
        give_up, delays = min(end, time.monotonic() + STORED_WITHIN_S), poll_delays()
        while time.monotonic() < give_up:
            page = client.request("GET", path, params={**own, "limit": PAGE})
            if len(page["items"]) >= self._state.expected_lines:
                return
            time.sleep(delays.next_delay() or 0)

    @contextmanager
    def _connected(self) -> Iterator[Client]:
        if self._client is not None:
            yield self._client
            return
        with Client() as client:
            yield client
