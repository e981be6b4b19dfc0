"""Runs of a few tests of a shop: three are green, then a commit breaks two of the tests in the same way."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx

from tests.system.up_process import eventually

GOOD_COMMIT = "91be07d2c4a85e6f7013b9d8a2c6e5f40b1d7a93"
BAD_COMMIT = "4f1c2ab7d3e95081c6b2f4a7d9e0135c8b6a2f41"
RETRIES = "tests/test_payment.py::test_charge_retries_once_on_timeout"
PROVIDERS = "tests/test_payment.py::test_charge_uses_the_second_provider"
CART = "tests/test_cart.py::test_cart_forgets_after_an_hour"
GREEN_RUNS = ("run-38", "run-39", "run-40")
RED_RUNS = ("run-41", "run-42")
_EVERY = timedelta(minutes=9)
_STEP = timedelta(milliseconds=40)

Line = tuple[str, str, str]
"""Service, severity, message."""


def send_runs(client: httpx.Client, project: str) -> None:
    """Store the runs with the lines of the services, and wait until query has their outcomes."""
    _send(client, project, _entries())
    for test in (RETRIES, PROVIDERS, CART):
        _wait_for_outcomes(client, project, test, len(GREEN_RUNS) + len(RED_RUNS))


def send_new_failure(client: httpx.Client, project: str) -> str:
    """Store the failure of a test that has never passed. Returns the id of the test."""
    test = "tests/test_refund.py::test_refund_in_other_currency"
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    _send(client, project, list(_test("run-43", test, start, [], is_green=False, reason="KeyError: 'rate'")))
    _wait_for_outcomes(client, project, test, 1)
    return test


def _send(client: httpx.Client, project: str, entries: Sequence[dict[str, Any]]) -> None:
    body = [{"project_id": project, **entry} for entry in entries]
    client.post("/api/v1/logs", json=body).raise_for_status()


def _wait_for_outcomes(client: httpx.Client, project: str, test: str, count: int) -> None:
    params = {"project_id": project, "test_id": test}

    def outcomes() -> int:
        return len(client.get("/api/v1/test-history", params=params).raise_for_status().json()["items"])

    eventually(lambda: outcomes() == count)


@cache
def _entries() -> list[dict[str, Any]]:
    runs = [*GREEN_RUNS, *RED_RUNS]
    start = datetime.now(UTC).replace(microsecond=0) - _EVERY * len(runs)
    return [
        entry
        for number, run in enumerate(runs)
        for entry in _run(run, start + _EVERY * number, number, is_green=run in GREEN_RUNS)
    ]


def _run(run: str, start: datetime, number: int, *, is_green: bool) -> Iterator[dict[str, Any]]:
    order = f"A{961 + number:06}"
    reason = 'assert calls == ["pay-eu", "pay-us"]'
    lines = [*_warming(), *_charge(order, is_green=is_green)]
    yield from _test(run, RETRIES, start, lines, is_green=is_green, reason=reason)
    at = start + timedelta(seconds=20)
    yield from _test(run, PROVIDERS, at, _charge(order, is_green=is_green), is_green=is_green, reason=reason)
    forget = [("cart", "info", f"cart of order {order} forgotten after 60 min")]
    yield from _test(run, CART, at + timedelta(seconds=20), forget, is_green=True, reason="")


def _warming() -> Iterator[Line]:
    for shelf in range(12):
        yield "inventory", "debug", f"shelf {'ABCDEFGHIJKL'[shelf]} loaded"


def _charge(order: str, *, is_green: bool) -> Iterator[Line]:
    yield "payment", "info", f"charge of order {order} begins, provider pay-eu"
    yield "payment", "debug", "calling pay-eu, try 1 of 2"
    yield "payment", "warn", "pay-eu did not answer in 3000 ms, try 1 of 2"
    if is_green:
        yield "payment", "info", "switching to pay-us"
        yield "payment", "debug", "calling pay-us, try 2 of 2"
        yield "payment", "info", f"order {order} charged: 129.00 EUR"
    else:
        yield "payment", "debug", "calling pay-eu, try 2 of 2"
        yield "payment", "error", "pay-eu did not answer in 3000 ms, giving up"
        yield "payment", "error", f"charge of order {order} failed: ProviderTimeout"
    yield "ledger", "info", f"balance of account demo is {371 if is_green else 500} EUR"


def _test(
    run: str, test: str, start: datetime, lines: Sequence[Line] | Iterator[Line], *, is_green: bool, reason: str
) -> Iterator[dict[str, Any]]:
    """Yield what the pytest plugin and the services send while one test runs."""
    commit = GOOD_COMMIT if run in GREEN_RUNS else BAD_COMMIT
    common = {"test.run_id": run, "ci.commit": commit, "ci.branch": "main"}
    outcome = "passed" if is_green else "failed"
    written = [("tests", "debug", f"test started: {test}"), *lines]

    def entry(index: int, line: Line, **attributes: Any) -> dict[str, Any]:
        service, severity, message = line
        return {
            "service_id": service,
            "severity": severity,
            "message": message,
            "timestamp": (start + _STEP * index).isoformat(),
            "test_id": test,
            "source": "pytest" if service == "tests" else "sdk",
            "attributes": {**common, **attributes},
        }

    for index, line in enumerate(written):
        yield entry(index, line, **({"test.event": "started"} if index == 0 else {}))
    end = ("tests", "info" if is_green else "error", f"test {outcome}: {test}" + (f"\n{reason}" if reason else ""))
    failure = {} if is_green else {"exception.type": "AssertionError", "exception.message": reason}
    duration = (_STEP * len(written)).total_seconds()
    yield entry(
        len(written),
        end,
        **{"test.event": "finished", "test.outcome": outcome, "test.duration_s": duration, **failure},
    )
