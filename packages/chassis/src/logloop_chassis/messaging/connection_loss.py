"""Turns the cancellation that aiormq raises out of a call on a dead connection into an error.

aiormq gives up a connection on which nothing arrived for 33 s and rejects every call that waits on it with
CancelledError. `except Exception` does not catch that, though nobody cancelled the caller.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class ConnectionLost(ConnectionError):
    """The connection to RabbitMQ was given up during a call; whether the call took effect is unknown."""


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
        raise ConnectionLost("the connection to RabbitMQ was given up during the call") from error
