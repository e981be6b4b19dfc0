"""Each way a handler can end becomes an ack, a retry or a dead letter; nothing is lost in between."""

from typing import Any

import pytest
from faststream.exceptions import RejectMessage
from logloop_chassis.messaging.failures import MAX_ATTEMPTS, Dead, Delivery, RetryLater, Skip, guarded
from logloop_contracts.channels import (
    DEAD_EXCHANGE,
    HEADER_ATTEMPT,
    HEADER_DETAIL,
    HEADER_EXCHANGE,
    HEADER_REASON,
    HEADER_ROUTING_KEY,
    QUERY_LOGS,
)


class Broker:
    """Remembers what is moved aside; fails when told to."""

    def __init__(self) -> None:
        self.requeued: list[tuple[str, dict[str, Any], float]] = []
        self.published: list[tuple[str, str, bytes, dict[str, Any]]] = []
        self.away = False

    async def requeue(self, queue: str, _: Delivery, headers: Any, delay_s: float) -> None:
        if self.away:
            raise ConnectionError("gone")
        self.requeued.append((queue, dict(headers), delay_s))

    async def publish_bytes(self, exchange: str, routing_key: str, body: bytes, *, headers: Any, **_: Any) -> None:
        if self.away:
            raise ConnectionError("gone")
        self.published.append((exchange, routing_key, body, dict(headers)))


async def handle(broker: Broker, outcome: Exception | None, **headers: Any) -> None:
    async def handler(_: Delivery) -> None:
        if outcome:
            raise outcome

    delivery = Delivery(b"body", "id", "logloop.logs", "shop", {"x-keep": 1, **headers})
    await guarded(QUERY_LOGS, handler, broker)(delivery)


@pytest.mark.parametrize("outcome", [None, Skip("done before")])
async def test_success_and_skip_leave_nothing_behind(outcome: Exception | None) -> None:
    broker = Broker()
    await handle(broker, outcome)
    assert (broker.requeued, broker.published) == ([], [])


async def test_a_dead_message_is_kept_with_its_reason_and_its_way() -> None:
    broker = Broker()
    await handle(broker, Dead("bad_batch", "no Arrow"))
    [(exchange, key, body, headers)] = broker.published
    assert (exchange, key, body) == (DEAD_EXCHANGE.name, QUERY_LOGS.name, b"body")
    assert headers[HEADER_REASON] == "bad_batch"
    assert headers[HEADER_DETAIL] == "no Arrow"
    assert (headers[HEADER_EXCHANGE], headers[HEADER_ROUTING_KEY], headers["x-keep"]) == ("logloop.logs", "shop", 1)


@pytest.mark.parametrize("outcome", [RetryLater("busy"), ValueError("a bug")])
async def test_other_failures_wait_longer_each_time_and_then_die(outcome: Exception) -> None:
    broker = Broker()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        await handle(broker, outcome, **{HEADER_ATTEMPT: attempt})
    delays = [delay for _, _, delay in broker.requeued]
    assert delays == sorted(delays)
    assert len(delays) == MAX_ATTEMPTS - 1
    assert [headers[HEADER_ATTEMPT] for _, headers, _ in broker.requeued] == list(range(2, MAX_ATTEMPTS + 1))
    assert len(broker.published) == 1


async def test_a_handler_may_choose_its_delay() -> None:
    broker = Broker()
    await handle(broker, RetryLater("rate limited", delay_s=42))
    assert broker.requeued[0][2] == 42


@pytest.mark.parametrize("outcome", [Dead("x", "y"), RetryLater("z")])
async def test_when_it_cannot_be_moved_aside_it_goes_back_to_its_queue(outcome: Exception) -> None:
    broker = Broker()
    broker.away = True
    with pytest.raises(RejectMessage) as rejection:
        await handle(broker, outcome)
    assert rejection.value.extra_options == {"requeue": True}
