"""Every outcome of a handler becomes an ack, a retry or a dead letter; no message is lost."""

from typing import Any

import pytest
from faststream.exceptions import RejectMessage
from logloop_chassis.messaging.delivery import Delivery
from logloop_chassis.messaging.failures import MAX_ATTEMPTS, Dead, RetryLater, Skip, guarded
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
    """Records requeued and published messages; fails while `unavailable`."""

    def __init__(self) -> None:
        self.requeued: list[tuple[str, dict[str, Any], float]] = []
        self.published: list[tuple[str, str, bytes, dict[str, Any]]] = []
        self.unavailable = False

    async def requeue(self, queue: str, _: Delivery, headers: Any, delay_s: float) -> None:
        if self.unavailable:
            raise ConnectionError("gone")
        self.requeued.append((queue, dict(headers), delay_s))

    async def publish_bytes(self, exchange: str, routing_key: str, body: bytes, *, headers: Any, **_: Any) -> None:
        if self.unavailable:
            raise ConnectionError("gone")
        self.published.append((exchange, routing_key, body, dict(headers)))


async def handle(broker: Broker, outcome: Exception | None, **headers: Any) -> None:
    async def handler(_: Delivery) -> None:
        if outcome:
            raise outcome

    delivery = Delivery(b"body", "id", "logloop.logs", "shop", {"x-keep": 1, **headers})
    await guarded(QUERY_LOGS, handler, broker)(delivery)


@pytest.mark.parametrize("outcome", [None, Skip("done before")])
async def test_success_and_skip_publish_nothing(outcome: Exception | None) -> None:
    broker = Broker()
    await handle(broker, outcome)
    assert (broker.requeued, broker.published) == ([], [])


async def test_a_dead_lettered_message_keeps_its_reason_and_origin() -> None:
    broker = Broker()
    await handle(broker, Dead("bad_batch", "no Arrow"))
    [(exchange, key, body, headers)] = broker.published
    assert (exchange, key, body) == (DEAD_EXCHANGE.name, QUERY_LOGS.name, b"body")
    assert headers[HEADER_REASON] == "bad_batch"
    assert headers[HEADER_DETAIL] == "no Arrow"
    assert (headers[HEADER_EXCHANGE], headers[HEADER_ROUTING_KEY], headers["x-keep"]) == ("logloop.logs", "shop", 1)


@pytest.mark.parametrize("outcome", [RetryLater("busy"), ValueError("a bug")])
async def test_other_failures_are_retried_with_growing_delays_and_then_dead_lettered(outcome: Exception) -> None:
    broker = Broker()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        await handle(broker, outcome, **{HEADER_ATTEMPT: attempt})
    delays = [delay for _, _, delay in broker.requeued]
    assert delays == sorted(delays)
    assert len(delays) == MAX_ATTEMPTS - 1
    assert [headers[HEADER_ATTEMPT] for _, headers, _ in broker.requeued] == list(range(2, MAX_ATTEMPTS + 1))
    assert len(broker.published) == 1


async def test_a_handler_can_set_the_retry_delay() -> None:
    broker = Broker()
    await handle(broker, RetryLater("rate limited", delay_s=42))
    assert broker.requeued[0][2] == 42


@pytest.mark.parametrize("outcome", [Dead("x", "y"), RetryLater("z")])
async def test_a_message_that_cannot_be_moved_returns_to_its_queue(outcome: Exception) -> None:
    broker = Broker()
    broker.unavailable = True
    with pytest.raises(RejectMessage) as rejection:
        await handle(broker, outcome)
    assert rejection.value.extra_options == {"requeue": True}
