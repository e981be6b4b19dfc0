"""`on_failure` and `RecentRecords`: the caller's exception always wins, and each failure says what happened."""

import asyncio
import itertools
import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from logloop import Client, ci
from logloop.recent_records import recent_lines, remember

NAMES = (f"checkout/p{number}" for number in itertools.count())


class Platform:
    """Answers dispatches; `status` or an exception replaces the answer."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = 202
        self.error: Exception | None = None
        self.hold = threading.Event()
        self.hold.set()

    def client(self) -> Client:
        """A client of it."""
        return Client(
            "http://logs.test", "llk_x", project="shop", service="cart", retry_for=0, http=httpx.MockTransport(self)
        )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.hold.wait(10)
        if self.error:
            raise self.error
        self.bodies.append(json.loads(request.content))
        found = {"id": "01", "state": "pending", "created_at": datetime.now(UTC).isoformat()}
        return httpx.Response(self.status, json=found)


@pytest.fixture
def platform() -> Platform:
    return Platform()


def pay(card: str) -> None:
    raise ValueError(f"card {card} expired")


def test_an_exception_starts_the_pipeline_with_its_fields_and_the_latest_lines(platform: Platform) -> None:
    remember(0.0, "warn", "shop.cart", "retrying the card")
    with pytest.raises(ValueError, match="card 4711"), ci.on_failure(next(NAMES), client=platform.client()):
        pay("4711")
    [body] = platform.bodies
    failure = body["failure"]
    assert failure["message"] == "ValueError: card 4711 expired"
    assert failure["service_id"] == "cart"
    assert failure["func_id"].endswith("test_on_failure:pay")
    assert failure["attributes"]["exception.type"] == "ValueError"
    assert 'raise ValueError(f"card {card} expired")' in failure["attributes"]["exception.stacktrace"]
    assert failure["recent"][-1] == "1970-01-01T00:00:00Z warn shop.cart retrying the card"
    assert body["cooldown"] == "900s"


def test_a_burst_of_failures_sends_one_request(platform: Platform) -> None:
    guarded = ci.on_failure(next(NAMES), client=platform.client(), values={"order_id": "7"})(pay)
    for _ in range(20):
        with pytest.raises(ValueError, match="expired"):
            guarded("1")
    assert len(platform.bodies) == 1
    assert platform.bodies[0]["values"] == {"order_id": "7"}


async def test_every_kind_of_function_and_block_is_wrapped(platform: Platform) -> None:
    async def later() -> None:
        await asyncio.sleep(0)
        pay("async")

    def items() -> Iterator[int]:
        yield 1
        pay("generator")

    with pytest.raises(ValueError, match="async"):
        await ci.on_failure(next(NAMES), client=platform.client())(later)()
    with pytest.raises(ValueError, match="generator"):
        list(ci.on_failure(next(NAMES), client=platform.client())(items)())
    with pytest.raises(ValueError, match="block"):
        async with ci.on_failure(next(NAMES), client=platform.client()):
            pay("block")
    assert len(platform.bodies) == 3

    async def stream() -> Any:
        yield 1

    with pytest.raises(TypeError, match="async generator"):
        ci.on_failure(next(NAMES))(stream)


@pytest.mark.parametrize("status", [401, 404, 422, 500, 503])
def test_a_refusal_or_an_outage_is_printed_and_the_exception_passes_on(
    platform: Platform, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.status = status
    name = next(NAMES)
    with pytest.raises(ValueError, match="expired"), ci.on_failure(name, client=platform.client()):
        pay("1")
    assert f"{name} was not started after a failure" in capsys.readouterr().err
    platform.error = OSError("no route")
    with pytest.raises(ValueError, match="expired"), ci.on_failure(name, client=platform.client()):
        pay("1")  # quiet for a while after a problem


def test_without_a_platform_the_exception_passes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGLOOP_URL", "not a url")
    with pytest.raises(ValueError, match="expired"), ci.on_failure(next(NAMES)):
        pay("1")


def test_a_slow_platform_delays_the_exception_by_the_timeout_only(platform: Platform) -> None:
    platform.hold.clear()
    began = time.monotonic()
    with (
        pytest.raises(ValueError, match="expired"),
        ci.on_failure(next(NAMES), client=platform.client(), timeout=0.1),
    ):
        pay("1")
    waited = time.monotonic() - began
    platform.hold.set()
    assert waited < 5


def test_ctrl_c_and_success_start_nothing(platform: Platform) -> None:
    with ci.on_failure(next(NAMES), client=platform.client()):
        pass
    with pytest.raises(KeyboardInterrupt), ci.on_failure(next(NAMES), client=platform.client()):
        raise KeyboardInterrupt
    with pytest.raises(ValueError, match="expired"), ci.on_failure(next(NAMES), exceptions=KeyError):
        pay("1")
    assert platform.bodies == []


def test_an_exception_that_cannot_be_shown_is_still_described(platform: Platform) -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    with pytest.raises(Broken), ci.on_failure(next(NAMES), client=platform.client()):
        raise Broken
    with pytest.raises(ValueError, match="surrogate"), ci.on_failure(next(NAMES), client=platform.client()):
        raise ValueError("lone \ud800 surrogate " + "x" * 100_000)
    assert [len(body["failure"]["message"]) for body in platform.bodies] == [
        len(platform.bodies[0]["failure"]["message"]),
        8_000,
    ]


def test_recent_records_keeps_the_last_fifty_lines_of_any_logger() -> None:
    logger = logging.getLogger("test.recent")
    handler = ci.RecentRecords()
    logger.addHandler(handler)
    logger.propagate = False
    try:
        for number in range(60):
            logger.warning("line %d", number)
    finally:
        logger.removeHandler(handler)
    lines = recent_lines()
    assert len(lines) == 50
    assert lines[0].endswith("warning test.recent line 10")
    assert lines[-1].endswith("warning test.recent line 59")
