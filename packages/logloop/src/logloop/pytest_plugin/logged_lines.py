"""The fixture `logs_of_test`: reads from the platform what a test of this run has logged, and checks it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from logloop_contracts.log_checks import Check, CheckedLine, Follows, Never

from logloop.errors import LogloopError

if TYPE_CHECKING:
    from logloop.api.client import Client
    from logloop.api.results import StoredLog
    from logloop.pytest_plugin.run import RunReporter

_WAIT_S = 30.0
_POLL_S = 0.2
_SINCE = "2d"
_SPARE = timedelta(seconds=5)
"""Clocks differ between services."""
FIXTURE = "logs_of_test"


class LoggedLines:
    """What one test logged in this run, in time order, from all services. Each check raises AssertionError."""

    def __init__(self, test_id: str, lines: Sequence[CheckedLine]) -> None:
        self.test_id = test_id
        self.lines = lines

    def never(self, service: str, severity: str, template: str) -> None:
        """Check that no line of a service fits a template, in which `<*>` stands for any text."""
        self._check(Never(service, severity, template))

    def follows(self, service: str, *, after: str | None, then: str) -> None:
        """Check that `then` comes right after `after` in a service, at least once. None: it is the first line."""
        self._check(Follows(service, after, then))

    def _check(self, check: Check) -> None:
        violation = check.violation(self.lines)
        if violation is not None:
            raise AssertionError(f"{violation} (logs of {self.test_id})")


def run_checks_last(items: list[pytest.Item]) -> None:
    """Move the tests that read the logs of others to the end, in their order."""
    items.sort(key=lambda item: FIXTURE in getattr(item, "fixturenames", ()))


def reader(config: pytest.Config) -> Callable[[str], LoggedLines]:
    """Return the value of the fixture. Skips the test if this run is not reported."""
    run: RunReporter | None = config.pluginmanager.get_plugin("logloop-run")
    if run is None or not hasattr(run, "run_id"):
        pytest.skip("the logs of this run are not sent to a platform; use --logloop")

    def read(test_id: str) -> LoggedLines:
        if run.is_main and test_id not in run.finished:
            pytest.skip(f"{test_id} did not run in this session, so there are no logs to check")
        from logloop.api.client import Client

        try:
            with Client(run.connection.url, run.connection.api_key, project=run.connection.project) as client:
                return LoggedLines(test_id, _lines(client, test_id, run.run_id))
        except LogloopError as error:
            pytest.fail(f"the logs of {test_id} cannot be read: {error}", pytrace=False)

    return read


def _lines(client: Client, test_id: str, run_id: str) -> list[CheckedLine]:
    """Wait until the platform has the outcome of a test, and return its lines. Fails the test after 30 s."""
    quoted = test_id.replace("\\", "\\\\").replace('"', '\\"')
    end = time.monotonic() + _WAIT_S
    while True:
        found = list(client.search_all(f'test_id:"{quoted}"', since=_SINCE, order="asc", limit=1000))
        own = _last_attempt([line for line in found if _value(line, "test.run_id") == run_id])
        if any(_value(line, "test.event") == "finished" for line in own):
            return [
                CheckedLine(line.service_id, line.severity, line.message)
                for line in _of_run(found, own)
                if _value(line, "test.event") is None
            ]
        if time.monotonic() > end:
            pytest.fail(
                f"the platform did not receive the outcome of {test_id} in run {run_id} within {_WAIT_S:.0f} s",
                pytrace=False,
            )
        time.sleep(_POLL_S)


def _last_attempt(lines: Sequence[StoredLog]) -> list[StoredLog]:
    attempts = [_value(line, "test.attempt") or 1 for line in lines]
    return [line for line, attempt in zip(lines, attempts, strict=True) if attempt == attempts[-1]]


def _of_run(found: Iterable[StoredLog], own: Sequence[StoredLog]) -> list[StoredLog]:
    """Return the lines of a run, and those of services that name the test but not the run, at its time."""
    first, last = own[0].timestamp - _SPARE, own[-1].timestamp + _SPARE
    return [
        line
        for line in found
        if line in own or (_value(line, "test.run_id") is None and first <= line.timestamp <= last)
    ]


def _value(line: StoredLog, name: str) -> object:
    return (line.attributes or {}).get(name)
