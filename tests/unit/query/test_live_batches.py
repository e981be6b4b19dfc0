"""The queue behind live tails, without a broker."""

import asyncio
from typing import Any

import pytest
from logloop_query.logs.live_batches import LiveBatchesUnavailable, TransientQueue


class Broker:
    """Stands in for the connection and its queue; binding some projects fails."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.bound: list[str] = []
        self.closed = 0

    async def bind(self, _: str, *, routing_key: str, timeout: float) -> None:
        assert timeout > 0
        if routing_key in self.refused:
            raise TimeoutError
        self.bound.append(routing_key)

    async def close(self) -> None:
        self.closed += 1


def over(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> TransientQueue:
    queue = TransientQueue("amqp://nobody")

    async def opened() -> Any:
        queue._connection = broker  # type: ignore[assignment]
        return broker

    monkeypatch.setattr(queue, "_open", opened)
    return queue


async def test_a_project_that_cannot_be_followed_does_not_affect_other_tails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = Broker("bank")
    queue = over(broker, monkeypatch)
    await queue.follow("shop")

    with pytest.raises(LiveBatchesUnavailable):
        await queue.follow("bank")

    assert (broker.bound, broker.closed) == (["shop"], 0)


async def test_a_failed_first_tail_closes_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker("bank")

    with pytest.raises(LiveBatchesUnavailable):
        await over(broker, monkeypatch).follow("bank")

    assert broker.closed == 1


async def test_a_connection_given_up_during_a_call_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost(Broker):
        async def bind(self, _: str, *, routing_key: str, timeout: float) -> None:  # noqa: ARG002
            raise asyncio.CancelledError

    broker = Lost()
    with pytest.raises(LiveBatchesUnavailable):
        await over(broker, monkeypatch).follow("shop")
    assert broker.closed == 1


async def test_a_reader_that_leaves_while_it_opens_leaves_no_connection_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Silent(Broker):
        async def bind(self, _: str, *, routing_key: str, timeout: float) -> None:  # noqa: ARG002
            await asyncio.Event().wait()

    broker = Silent()
    following = asyncio.ensure_future(over(broker, monkeypatch).follow("shop"))
    await asyncio.sleep(0)
    following.cancel()
    await asyncio.wait([following])
    assert following.cancelled()
    assert broker.closed == 1
