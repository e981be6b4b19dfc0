"""Turns the CancelledError that aiormq raises on a dead connection into an error.

aiormq closes a connection on which nothing has arrived for 33 s, and raises CancelledError in every call that waits
on it. `except Exception` does not catch that, although the caller was not cancelled.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class ConnectionLost(ConnectionError):
    """The connection to RabbitMQ was closed during a call. Whether the call took effect is unknown."""


@contextmanager
def connection_loss_raised() -> Iterator[None]:
    """Raise ConnectionLost for a CancelledError of the body, unless the current task itself was cancelled."""
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    except asyncio.CancelledError as error:
        if task is None or task.cancelling() > before:
            raise
        raise ConnectionLost("the connection to RabbitMQ was closed during the call") from error
