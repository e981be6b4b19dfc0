"""Maps the outcomes of a message handler to acknowledgement, retry queue and dead-letter queue."""

import asyncio
import importlib.metadata
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from faststream.exceptions import RejectMessage
from logloop_contracts.channels import (
    DEAD_EXCHANGE,
    HEADER_ATTEMPT,
    HEADER_CODE_VERSION,
    HEADER_DETAIL,
    HEADER_EXCHANGE,
    HEADER_FAILED_AT,
    HEADER_REASON,
    HEADER_ROUTING_KEY,
    Queue,
)

from logloop_chassis.messaging.delivery import Delivery, Handler
from logloop_chassis.messaging.publisher import BytesPublisher
from logloop_chassis.telemetry import MESSAGES, MESSAGES_IN_FLIGHT

MAX_ATTEMPTS = 8
FIRST_DELAY_S = 1.0
MAX_DELAY_S = 60.0
_MAX_DETAIL = 2000

_log = structlog.get_logger()


class RetryLater(Exception):
    """Retry this message after `delay_s` seconds (default: doubling from 1 s); dead-letter it after 8 attempts."""

    def __init__(self, detail: str, *, delay_s: float | None = None) -> None:
        super().__init__(detail)
        self.delay_s = delay_s


class Dead(Exception):
    """This message cannot succeed as it is: dead-letter it with a one-word reason and a detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Skip(Exception):
    """There is nothing to do for this message: it was handled before, or its result is no longer needed."""


class Requeuer(BytesPublisher, Protocol):
    """What the mapping needs of the publisher."""

    async def requeue(self, queue: str, delivery: Delivery, headers: Mapping[str, Any], delay_s: float) -> None:
        """Publish to a queue by name with a time to live of `delay_s` and wait for the confirm."""


def guarded(queue: Queue, handler: Handler, publisher: Requeuer) -> Handler:
    """Return a handler that acknowledges, retries or dead-letters each message by the outcome, and counts it."""
    in_flight = MESSAGES_IN_FLIGHT.labels(queue.name)

    async def run(delivery: Delivery) -> None:
        with in_flight.track_inprogress():
            outcome = await _handle(queue, handler, publisher, delivery)
        MESSAGES.labels(queue.name, outcome).inc()

    return run


async def _handle(queue: Queue, handler: Handler, publisher: Requeuer, delivery: Delivery) -> str:
    try:
        await handler(delivery)
    except Skip:
        return "skipped"
    except Dead as error:
        await _dead_letter(queue, publisher, delivery, error.reason, str(error))
        return "dead"
    except RetryLater as error:
        return await _retry(queue, publisher, delivery, "retries_exhausted", error, error.delay_s)
    except Exception as error:  # noqa: BLE001  # the last resort for unexpected errors of a handler
        _log.exception("handler failed", queue=queue.name, message_id=delivery.message_id)
        return await _retry(queue, publisher, delivery, "handler_error", error, None)
    return "done"


async def _retry(
    queue: Queue, publisher: Requeuer, delivery: Delivery, reason: str, error: Exception, delay_s: float | None
) -> str:
    if delivery.attempt >= MAX_ATTEMPTS:
        await _dead_letter(queue, publisher, delivery, reason, f"{type(error).__name__}: {error}")
        return "dead"
    delay = min(MAX_DELAY_S, FIRST_DELAY_S * 2 ** (delivery.attempt - 1)) if delay_s is None else delay_s
    headers = {**_kept_headers(delivery), **_origin(delivery), HEADER_ATTEMPT: delivery.attempt + 1}
    await _or_requeue(publisher.requeue(queue.retry, delivery, headers, delay))
    return "retried"


async def _dead_letter(queue: Queue, publisher: Requeuer, delivery: Delivery, reason: str, detail: str) -> None:
    _log.warning(
        "message dead-lettered", queue=queue.name, message_id=delivery.message_id, reason=reason, detail=detail
    )
    headers = {
        **_kept_headers(delivery),
        **_origin(delivery),
        HEADER_ATTEMPT: delivery.attempt,
        HEADER_REASON: reason,
        HEADER_DETAIL: detail[:_MAX_DETAIL],
        HEADER_CODE_VERSION: code_version(),
        HEADER_FAILED_AT: datetime.now(UTC).isoformat(),
    }
    await _or_requeue(
        publisher.publish_bytes(
            DEAD_EXCHANGE.name,
            queue.name,
            delivery.body,
            headers=headers,
            message_id=delivery.message_id,
            content_type=delivery.content_type or "application/octet-stream",
        )
    )


async def _or_requeue(publishing: Awaitable[None]) -> None:
    try:
        await publishing
    except Exception as error:
        _log.warning("message could not be moved and is requeued", error=str(error))
        await asyncio.sleep(0.2)
        raise RejectMessage(requeue=True) from error


def _kept_headers(delivery: Delivery) -> dict[str, Any]:
    return {
        name: value for name, value in delivery.headers.items() if not name.startswith(("x-death", "x-first-death"))
    }


def _origin(delivery: Delivery) -> dict[str, Any]:
    return {
        HEADER_EXCHANGE: delivery.headers.get(HEADER_EXCHANGE, delivery.exchange),
        HEADER_ROUTING_KEY: delivery.headers.get(HEADER_ROUTING_KEY, delivery.routing_key),
    }


def code_version() -> str:
    """Return the version of the running code."""
    return importlib.metadata.version("logloop-chassis")
