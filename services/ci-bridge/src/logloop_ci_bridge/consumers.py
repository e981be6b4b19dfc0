"""What ci-bridge consumes: log batches, completed analyses and ended runs.

It must not decide anything; each handler returns after the effect is stored.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from logloop_chassis.broker import event_handler
from logloop_chassis.failures import Dead, Delivery, Handler, RetryLater, Skip
from logloop_chassis.mongo import is_outage
from logloop_contracts.analyses import AnalysisCompleted, AnalysisFailed
from logloop_contracts.channels import ANALYSIS_COMPLETED, ANALYSIS_FAILED, CI_RUN_COMPLETED, HEADER_PROJECT
from logloop_contracts.ci import RunCompleted
from logloop_contracts.envelope import Event
from logloop_contracts.log_batch import BadBatch
from pymongo.errors import PyMongoError

from logloop_ci_bridge.bridge import Bridge

_WAIT_S = 1.0
_log = structlog.get_logger()


def log_batch_handler(bridge: Bridge, stopping: asyncio.Event) -> Handler:
    """Shows each batch to the rules of its project."""

    async def handle(delivery: Delivery) -> None:
        project_id = str(delivery.headers.get(HEADER_PROJECT) or delivery.routing_key)
        try:
            await through_outages(lambda: bridge.watching.on_logs(project_id, delivery.body), stopping)
        except BadBatch as error:
            raise Dead("bad_batch", str(error)) from error

    return handle


def analysis_handler(bridge: Bridge, stopping: asyncio.Event) -> Handler:
    """Shows completed analyses to the rules; failed ones start nothing."""

    async def completed(event: Event[AnalysisCompleted]) -> None:
        await through_outages(lambda: bridge.watching.on_analysis(event.data), stopping)

    async def failed(event: Event[AnalysisFailed]) -> None:
        raise Skip(event.data.reason)

    return event_handler({ANALYSIS_COMPLETED: completed, ANALYSIS_FAILED: failed})


def run_handler(bridge: Bridge, stopping: asyncio.Event) -> Handler:
    """Shows ended runs to the rules."""

    async def completed(event: Event[RunCompleted]) -> None:
        found = await bridge.runs.find(event.data.run_id, [event.data.project_id])
        if not found:
            raise Skip("the run is not known any more")
        await through_outages(lambda: bridge.watching.on_run(found[0]), stopping)

    return event_handler({CI_RUN_COMPLETED: completed})


async def through_outages(work: Callable[[], Awaitable[None]], stopping: asyncio.Event) -> None:
    """Do work that may be repeated until MongoDB is there again; an outage uses up no attempt of the message."""
    while True:
        try:
            await work()
        except PyMongoError as error:
            if not is_outage(error):
                raise
            _log.warning("waiting for MongoDB", error=str(error)[:200])
        else:
            return
        try:
            async with asyncio.timeout(_WAIT_S):
                await stopping.wait()
        except TimeoutError:
            continue
        raise RetryLater("the service stops while MongoDB is away", delay_s=1.0)
