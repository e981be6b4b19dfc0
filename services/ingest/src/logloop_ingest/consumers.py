"""The AMQP door: entries that programs publish to the intake exchange, their project as routing key.

It must not judge entries. While the broker or the database is away it waits and keeps the message unacknowledged;
what can never be taken in goes to the dead queue with the reason, entry by entry.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import orjson
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.problems import Problem, TooManyRequests, Unavailable
from logloop_chassis.messaging.failures import Dead, Delivery, Handler, RetryLater, code_version
from logloop_chassis.messaging.publisher import NotPublished
from logloop_contracts.channels import (
    DEAD_EXCHANGE,
    HEADER_ATTEMPT,
    HEADER_CODE_VERSION,
    HEADER_DETAIL,
    HEADER_EXCHANGE,
    HEADER_FAILED_AT,
    HEADER_REASON,
    HEADER_ROUTING_KEY,
    INGEST_INTAKE,
    INTAKE,
)
from logloop_contracts.log_batch import new_batch_id

from logloop_ingest.accept import Result, Submission
from logloop_ingest.batching.batcher import Publishing
from logloop_ingest.checking.check import Refused
from logloop_ingest.checking.entry import Fault
from logloop_ingest.in_flight import InFlight
from logloop_ingest.parsing.json_values import Unreadable

MAX_LETTERS = 100
"""Refused entries of a message that get a dead letter each; the rest share one."""
_MAX_WAIT_S = 5.0

Accepting = Callable[[Submission], Awaitable[Result]]


def intake_handler(accept: Accepting, publisher: Publishing, in_flight: InFlight, stopping: asyncio.Event) -> Handler:
    """A handler of the intake queue. `message_id`, where given, makes a repeat harmless."""

    async def handle(delivery: Delivery) -> None:
        result = await _accepted(_submission(delivery), accept, in_flight, stopping)
        if not result.accepted:
            faults = result.refused[0].faults if result.refused else [Fault("body", "empty", "holds no entry")]
            raise Dead(faults[0].code, _words(faults))
        await _bury(delivery, result.refused, publisher)

    return handle


def _submission(delivery: Delivery) -> Submission:
    project_id = _origin(delivery)
    # Whoever may publish to the broker may send; the routing key says where to.
    principal = Principal(
        "service", "amqp", "AMQP intake", scopes=frozenset({"ingest"}), projects=frozenset({project_id})
    )
    return Submission(delivery.body, "any", principal, "amqp", delivery.message_id or None)


def _origin(delivery: Delivery) -> str:
    """The routing key that the producer used; a retry arrives under the name of the queue."""
    return str(delivery.headers.get(HEADER_ROUTING_KEY) or delivery.routing_key)


async def _accepted(
    submission: Submission, accept: Accepting, in_flight: InFlight, stopping: asyncio.Event
) -> Result:
    delay = 0.1
    while True:
        try:
            with in_flight.hold() as hold:
                hold.at_least(len(submission.body))
                return await accept(submission)
        except (NotPublished, Unavailable, TooManyRequests) as error:
            # An outage must not use up attempts; the unacknowledged message holds back the queue.
            if stopping.is_set():
                raise RetryLater(str(error)) from error
        except Problem as error:
            raise Dead(_reason(error), error.detail) from error
        delay = await _wait(stopping, delay)


async def _wait(stopping: asyncio.Event, delay: float) -> float:
    try:
        async with asyncio.timeout(delay):
            await stopping.wait()
    except TimeoutError:
        return min(_MAX_WAIT_S, delay * 2)
    return delay


def _reason(problem: Problem) -> str:
    return {400: "not_json", 409: "other_content", 413: "too_large"}.get(problem.status, "refused")


def _words(faults: list[Fault]) -> str:
    return "; ".join(f"{fault.field} {fault.reason}" for fault in faults)


async def _bury(delivery: Delivery, refused: list[Refused], publisher: Publishing) -> None:
    """Keep the refused entries of a message, whose other entries were taken in, to be mended and sent again."""
    name = delivery.message_id or new_batch_id()
    letters = [(f"{name}.{item.index}", [item]) for item in refused[:MAX_LETTERS]]
    if len(refused) > MAX_LETTERS:
        letters.append((f"{name}.rest", refused[MAX_LETTERS:]))
    try:
        await asyncio.gather(*(_letter(delivery, letter, items, publisher) for letter, items in letters))
    except NotPublished as error:
        raise RetryLater(f"refused entries could not be kept: {error}") from error


async def _letter(delivery: Delivery, letter_id: str, items: list[Refused], publisher: Publishing) -> None:
    faults = items[0].faults
    headers = {
        HEADER_REASON: faults[0].code,
        HEADER_DETAIL: f"entry {items[0].index} of message {delivery.message_id!r}: {_words(faults)}"[:2000],
        HEADER_EXCHANGE: delivery.headers.get(HEADER_EXCHANGE, delivery.exchange),
        HEADER_ROUTING_KEY: _origin(delivery),
        HEADER_ATTEMPT: delivery.attempt,
        HEADER_CODE_VERSION: code_version(),
        HEADER_FAILED_AT: datetime.now(UTC).isoformat(),
    }
    await publisher.publish_bytes(
        DEAD_EXCHANGE.name,
        INGEST_INTAKE.name,
        b"\n".join(map(_as_sent, items)),
        headers=headers,
        message_id=letter_id,
        content_type=INTAKE.content_type,
    )


def _as_sent(item: Refused) -> bytes:
    if isinstance(item.entry, Unreadable):
        return item.entry.line
    try:
        return orjson.dumps(item.entry)
    except TypeError:  # lone surrogates and huge integers, which only the standard library writes
        return json.dumps(item.entry).encode()
