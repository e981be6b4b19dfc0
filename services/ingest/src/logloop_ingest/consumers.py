"""Accepts logs over AMQP: entries that programs publish to the intake exchange with their project as routing key.

During an outage of the broker or the database a message stays unacknowledged and is retried. Entries that break a
rule go to the dead-letter queue with the reason.
"""

import asyncio
import json
from datetime import UTC, datetime

import orjson
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.problems import Problem
from logloop_chassis.ids import new_id
from logloop_chassis.messaging.delivery import Delivery, Handler
from logloop_chassis.messaging.failures import Dead, RetryLater, code_version
from logloop_chassis.messaging.publisher import BytesPublisher, NotPublished
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

from logloop_ingest.accept import Result, Submission
from logloop_ingest.checking.check import RejectedEntry
from logloop_ingest.checking.rules import Violation
from logloop_ingest.in_flight import InFlightBudget
from logloop_ingest.parsing.entries import parser
from logloop_ingest.parsing.json_values import InvalidLine
from logloop_ingest.patient_accept import PASSING, AcceptsSubmissions, accept_patiently

MAX_DEAD_LETTERS = 100
"""Rejected entries of a message that get a dead letter each; the others share one."""


def intake_handler(
    accept: AcceptsSubmissions, publisher: BytesPublisher, in_flight: InFlightBudget, stopping: asyncio.Event
) -> Handler:
    """Return the handler of the intake queue. A message with a `message_id` is stored once."""

    async def handle(delivery: Delivery) -> None:
        result = await _accept(_submission(delivery), accept, in_flight, stopping)
        if not result.accepted:
            violations = (
                result.rejected[0].violations if result.rejected else [Violation("body", "empty", "has no entries")]
            )
            raise Dead(violations[0].code, _text(violations))
        await _dead_letter(delivery, result.rejected, publisher)

    return handle


def _submission(delivery: Delivery) -> Submission:
    project_id = _routing_key(delivery)
    # Every program that may publish to the broker may send logs; the routing key names the project.
    principal = Principal(
        "service", "amqp", "AMQP intake", scopes=frozenset({"ingest"}), projects=frozenset({project_id})
    )
    return Submission(delivery.body, parser("any"), principal, "amqp", delivery.message_id or None)


def _routing_key(delivery: Delivery) -> str:
    """Return the routing key of the producer; a retried message arrives with the name of the queue instead."""
    return str(delivery.headers.get(HEADER_ROUTING_KEY) or delivery.routing_key)


async def _accept(
    submission: Submission, accept: AcceptsSubmissions, in_flight: InFlightBudget, stopping: asyncio.Event
) -> Result:
    """Accept a submission; during an outage retry until it ends, which uses up no attempt of the message."""
    try:
        return await accept_patiently(submission, accept, in_flight, stopping)
    except PASSING as error:
        raise RetryLater(str(error)) from error
    except Problem as error:
        raise Dead(_reason(error), error.detail) from error


def _reason(problem: Problem) -> str:
    return {400: "not_json", 409: "other_content", 413: "too_large"}.get(problem.status, "refused")


def _text(violations: list[Violation]) -> str:
    return "; ".join(f"{violation.field} {violation.reason}" for violation in violations)


async def _dead_letter(delivery: Delivery, rejected: list[RejectedEntry], publisher: BytesPublisher) -> None:
    """Publish the rejected entries of a partly accepted message to the dead-letter queue."""
    name = delivery.message_id or new_id()
    letters = [(f"{name}.{item.index}", [item]) for item in rejected[:MAX_DEAD_LETTERS]]
    if len(rejected) > MAX_DEAD_LETTERS:
        letters.append((f"{name}.rest", rejected[MAX_DEAD_LETTERS:]))
    try:
        await asyncio.gather(*(_publish_dead(delivery, letter_id, items, publisher) for letter_id, items in letters))
    except NotPublished as error:
        raise RetryLater(f"rejected entries could not be dead-lettered: {error}") from error


async def _publish_dead(
    delivery: Delivery, letter_id: str, items: list[RejectedEntry], publisher: BytesPublisher
) -> None:
    violations = items[0].violations
    headers = {
        HEADER_REASON: violations[0].code,
        HEADER_DETAIL: f"entry {items[0].index} of message {delivery.message_id!r}: {_text(violations)}"[:2000],
        HEADER_EXCHANGE: delivery.headers.get(HEADER_EXCHANGE, delivery.exchange),
        HEADER_ROUTING_KEY: _routing_key(delivery),
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


def _as_sent(item: RejectedEntry) -> bytes:
    if isinstance(item.entry, InvalidLine):
        return item.entry.line
    try:
        return orjson.dumps(item.entry)
    except TypeError:  # lone surrogates and integers of more than 64 bits, which only the standard library writes
        return json.dumps(item.entry).encode()
