"""Tells outages of MongoDB from other errors, and waits until an outage is over."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina
from pymongo.errors import (
    AutoReconnect,
    ConnectionFailure,
    ExecutionTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from logloop_chassis.messaging.failures import RetryLater

_AUTHENTICATION_FAILED = 18
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0

T = TypeVar("T")


def is_outage(error: BaseException) -> bool:
    """Return whether an error means that MongoDB is unreachable or slow, so that the same call may succeed later."""
    if isinstance(error, AutoReconnect | ConnectionFailure | NotPrimaryError | ServerSelectionTimeoutError):
        return True
    if isinstance(error, WTimeoutError | ExecutionTimeout):
        return True
    if isinstance(error, OperationFailure) and error.code == _AUTHENTICATION_FAILED:
        return True  # another node, which does not know our user, has the address of our database
    return isinstance(error, PyMongoError) and (error.timeout or error.has_error_label("RetryableWriteError"))


async def wait_out_outages(
    call: Callable[[], Awaitable[T]],
    task: str,
    *,
    stopping: asyncio.Event | None = None,
    on_wait: Callable[[], None] | None = None,
) -> T:
    """Repeat an idempotent `call` until MongoDB answers, and return its result. Other errors are raised at once.

    A message handler that waits here uses up no attempt of its message. `on_wait` is called before each pause, which
    grows from 0.1 s to 2 s. Raises RetryLater when `stopping` is set during an outage.
    """

    def again(error: Exception) -> bool:
        if not is_outage(error) or (stopping is not None and stopping.is_set()):
            return False
        if on_wait is not None:
            on_wait()
        return True

    retries = stamina.retry_context(
        on=again, attempts=None, timeout=None, wait_initial=FIRST_WAIT_S, wait_max=LONGEST_WAIT_S, wait_jitter=0.1
    ).with_name(f"{task}: waiting for MongoDB", (), {})
    try:
        async for attempt in retries:
            with attempt:
                return await call()
    except PyMongoError as error:
        if is_outage(error):
            raise RetryLater("the service is stopping during an outage of MongoDB", delay_s=1.0) from error
        raise
    raise AssertionError("unlimited attempts have no end")
