"""Waiting out an outage of MongoDB within a message handler, so that it uses up no attempt of the message.

It must not be used around work that must not be repeated.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from logloop_chassis.database.outages import is_outage
from logloop_chassis.messaging.failures import RetryLater
from pymongo.errors import PyMongoError

_WAIT_S = 1.0
_log = structlog.get_logger()

T = TypeVar("T")


async def through_outages(work: Callable[[], Awaitable[T]], stopping: asyncio.Event) -> T:
    """Do work until MongoDB answers. Raises RetryLater when the service stops first."""
    while True:
        try:
            return await work()
        except PyMongoError as error:
            if not is_outage(error):
                raise
            _log.warning("waiting for MongoDB", error=str(error)[:200])
        try:
            async with asyncio.timeout(_WAIT_S):
                await stopping.wait()
        except TimeoutError:
            continue
        raise RetryLater("the service stops while MongoDB is away", delay_s=1.0)
