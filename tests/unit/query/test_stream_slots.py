"""One caller or project cannot take all tails, exports or streams of analyses, also when its requests race."""

import asyncio
from contextlib import AsyncExitStack, ExitStack, suppress
from typing import Any

import pytest
from logloop_chassis.http import event_streams
from logloop_chassis.http.problems import TooManyRequests
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.limits.threads import SearchThreads
from logloop_query.logs.tail import Tails, TooManyTails
from logloop_query.stream_slots import StreamSlots


class SlowSource:
    """A broker that takes a while to bind a queue."""

    async def follow(self, _: str) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def leave(self, _: str) -> None:
        """Nothing to do."""


def take(stack: ExitStack, slots: StreamSlots, callers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the (caller, project) pairs that got a slot."""
    taken = []
    for caller, project in callers:
        with suppress(TooManyRequests):
            stack.enter_context(slots.slot(caller, project))
            taken.append((caller, project))
    return taken


def test_a_caller_gets_a_quarter_and_a_project_a_half() -> None:
    slots = StreamSlots("exports", 8, retry_after=30)
    with ExitStack() as stack:
        assert len(take(stack, slots, [("key:1", "shop")] * 9)) == 2
        assert len(take(stack, slots, [(f"key:{n}", "shop") for n in range(2, 9)])) == 2
        assert len(take(stack, slots, [(f"key:{n}", "bank") for n in range(10, 19)])) == 4
        with pytest.raises(TooManyRequests) as refused, slots.slot("key:20", "third"):
            pass
        assert refused.value.headers["Retry-After"] == "30"
    assert slots.taken == 0
    with slots.slot("key:1", "shop"):
        assert slots.taken == 1


async def test_the_limits_of_tails_hold_for_requests_that_arrive_together() -> None:
    tails = Tails(SlowSource(), SearchThreads(1), most=12, caller_share=3, project_share=6)
    wanted = parse_query("")

    async def opened(stack: AsyncExitStack, project: str, caller: str) -> str | None:
        try:
            await stack.enter_async_context(tails.tail(project, wanted, caller))
        except TooManyTails:
            return None
        return caller

    async with AsyncExitStack() as stack:
        callers = [("shop", f"key:{n % 4}") for n in range(40)] + [(f"p{n}", "admin") for n in range(20)]
        callers += [(f"q{n}", f"user:{n}") for n in range(20)]
        got = [caller for caller in await asyncio.gather(*(opened(stack, *pair) for pair in callers)) if caller]
    assert len(got) == 12
    assert len([caller for caller in got if caller.startswith("key:")]) == 6
    assert got.count("admin") == 3
    async with tails.tail("shop", wanted, "key:0"):
        pass  # every slot was given back


async def test_a_client_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "STALLED_S", 0.01)
    slots = StreamSlots("exports", 4, retry_after=30)

    async def pieces() -> Any:
        with slots.slot("key:1", "shop"):
            while True:
                yield b"piece"

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def receive() -> Any:
        await asyncio.Event().wait()

    response = event_streams.TimedStreamingResponse(pieces())
    with pytest.raises(event_streams.ClientStalled):
        await response({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)
    assert slots.taken == 0
