"""A live tail of Loki's API ends when its caller may no longer read, and reports what was dropped."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import orjson
import pytest
from logloop_chassis.http.problems import NotFound, Unauthorized, Unavailable
from logloop_query.http.loki import tail as loki_tail
from logloop_query.logs.catch_up import CatchUp, Followed
from logloop_query.logs.search.language.filter import EVERYTHING
from logloop_query.logs.tail import Tail


class FakeSocket:
    """Remembers what is sent and how it is closed."""

    def __init__(self, on_send: Callable[[], None]) -> None:
        self.sent: list[dict[str, Any]] = []
        self.closed: tuple[int, str] | None = None
        self._on_send = on_send

    async def send_text(self, text: str) -> None:
        self.sent.append(json.loads(text))
        self._on_send()

    async def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)


class FakeRequest:
    """Stands in for a request of the project shop."""

    class caller:  # noqa: N801  # an attribute
        project_id = "shop"


async def follow(tail: Tail, seen: list[str]) -> FakeSocket:
    """Follow a tail until it ends, at the latest after it has sent something."""
    socket, gone = (
        FakeSocket(lambda: tail.close("too_slow")),
        asyncio.get_running_loop().create_task(asyncio.Event().wait()),
    )
    try:
        missing = CatchUp(cast("Any", None), Followed("shop", EVERYTHING, 0), seen)
        await loki_tail._follow(cast("Any", socket), cast("Any", FakeRequest()), tail, missing, cast("Any", gone))
    finally:
        gone.cancel()
    return socket


def _row(number: int) -> dict[str, Any]:
    fields = {"service_id": "cart", "severity": "info", "source": None, "test_id": None, "func_id": None}
    at = f"2026-11-22T10:00:00.{number:06}Z"
    return {"id": f"id{number}", "message": f"m{number}", "timestamp": at, "attributes": None, **fields}


@pytest.mark.parametrize(
    ("answer", "ends"), [(Unauthorized("revoked"), True), (NotFound("gone"), True), (Unavailable("away"), False)]
)
async def test_a_tail_ends_when_its_caller_may_no_longer_read(
    monkeypatch: pytest.MonkeyPatch, answer: Exception, ends: bool
) -> None:
    tail = Tail("shop", EVERYTHING)
    asked = 0

    async def caller_of(_: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == 3:
            tail.close("stopping")
        raise answer

    monkeypatch.setattr(loki_tail, "CHECK_S", 0.0)
    monkeypatch.setattr(loki_tail, "caller_of", caller_of)

    socket = await follow(tail, [])

    assert socket.closed == ((1008, "you may no longer read this project") if ends else (1001, "stopping"))
    assert asked == (1 if ends else 3)


async def test_lines_that_were_sent_before_are_left_out_and_dropped_ones_are_counted() -> None:
    tail = Tail("shop", EVERYTHING)
    tail.give(orjson.dumps({"items": [_row(1), _row(2)]}), 2, 7)

    socket = await follow(tail, ["id1"])

    [message] = socket.sent
    assert message["streams"] == [
        {"stream": {"level": "info", "service_name": "cart"}, "values": [["1795341600000002000", "m2"]]}
    ]
    assert [item["labels"] for item in message["dropped_entries"]] == [{"logloop_dropped": "7"}]
    assert socket.closed == (1001, "too_slow")
