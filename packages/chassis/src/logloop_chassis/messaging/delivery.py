"""An AMQP message as a handler sees it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from logloop_contracts.channels import HEADER_ATTEMPT


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that arrived from a queue."""

    body: bytes
    message_id: str
    exchange: str
    routing_key: str
    headers: Mapping[str, Any] = field(default_factory=dict)
    content_type: str | None = None
    redelivered: bool = False

    @property
    def attempt(self) -> int:
        """The number of this attempt, from 1, counted across retries."""
        value = self.headers.get(HEADER_ATTEMPT, 1)
        return value if isinstance(value, int) and value > 0 else 1


Handler = Callable[[Delivery], Awaitable[None]]
"""Returns after the effect of a message is durable."""
