"""How the queues of the channel map are declared: arguments and bindings, as RabbitMQ takes them."""

from dataclasses import dataclass
from typing import Any

from logloop_contracts.channels import DEAD_EXCHANGE, RETRY_EXCHANGE, Queue

DELIVERY_LIMIT = 20
_DEAD_MAX_BYTES = 2**30


@dataclass(frozen=True)
class Declaration:
    """A durable queue. `bindings` are pairs of exchange and routing key."""

    name: str
    arguments: dict[str, Any]
    bindings: tuple[tuple[str, str], ...]


def declarations(queue: Queue) -> tuple[Declaration, ...]:
    """Return the declarations of a queue: dead-letter queue, work queue, retry queue.

    Arguments of a queue cannot change later; a broker refuses a declaration that differs from its queue.
    """
    return _dead(queue), _work(queue), _retry(queue)


def _work(queue: Queue) -> Declaration:
    arguments: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD_EXCHANGE.name,
        "x-dead-letter-routing-key": queue.name,
        "x-max-length-bytes": queue.max_bytes,
    }
    if queue.when_full == "refuse":
        arguments["x-dead-letter-strategy"] = "at-least-once"
        arguments["x-overflow"] = "reject-publish"
    received = tuple((channel.exchange.name, channel.key) for channel in queue.channels)
    return Declaration(queue.name, arguments, (*received, (RETRY_EXCHANGE.name, queue.name)))


def _retry(queue: Queue) -> Declaration:
    """Expired messages return to the work queue."""
    arguments = {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue.name,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length-bytes": _DEAD_MAX_BYTES,
    }
    return Declaration(queue.retry, arguments, ((RETRY_EXCHANGE.name, queue.retry),))


def _dead(queue: Queue) -> Declaration:
    """It is a classic queue: reading it never drops a message."""
    arguments = {"x-queue-type": "classic", "x-max-length-bytes": _DEAD_MAX_BYTES, "x-overflow": "reject-publish"}
    return Declaration(queue.dead, arguments, ((DEAD_EXCHANGE.name, queue.name),))
