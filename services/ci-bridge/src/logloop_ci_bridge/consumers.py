"""What ci-bridge consumes: log batches, completed analyses, ended runs and deleted projects.

It must not decide anything; each handler returns after the effect is stored.
"""

import asyncio

from logloop_chassis.messaging.consuming import event_handler
from logloop_chassis.messaging.failures import Dead, Delivery, Handler, Skip
from logloop_contracts.analyses import AnalysisCompleted, AnalysisFailed
from logloop_contracts.channels import (
    ANALYSIS_COMPLETED,
    ANALYSIS_FAILED,
    CI_RUN_COMPLETED,
    HEADER_PROJECT,
    PROJECT_DELETED,
)
from logloop_contracts.ci import RunCompleted
from logloop_contracts.envelope import Event
from logloop_contracts.log_batch import BadBatch
from logloop_contracts.records import ProjectDeleted

from logloop_ci_bridge.state import Bridge
from logloop_ci_bridge.stores.outages import through_outages


def log_batch_handler(bridge: Bridge, stopping: asyncio.Event) -> Handler:
    """Shows each batch to the rules of its project."""

    async def handle(delivery: Delivery) -> None:
        project_id = str(delivery.headers.get(HEADER_PROJECT) or delivery.routing_key)
        try:
            await bridge.watching.on_logs(project_id, delivery.body, stopping)
        except BadBatch as error:
            raise Dead("bad_batch", str(error)) from error

    return handle


def analysis_handler(bridge: Bridge, stopping: asyncio.Event) -> Handler:
    """Shows completed analyses to the rules; failed ones start nothing."""

    async def completed(event: Event[AnalysisCompleted]) -> None:
        await bridge.watching.on_analysis(event.data, stopping)

    async def failed(event: Event[AnalysisFailed]) -> None:
        raise Skip(event.data.reason)

    return event_handler({ANALYSIS_COMPLETED: completed, ANALYSIS_FAILED: failed})


def run_handler(bridge: Bridge, stopping: asyncio.Event) -> Handler:
    """Shows ended runs to the rules."""

    async def completed(event: Event[RunCompleted]) -> None:
        facts = event.data
        found = await through_outages(lambda: bridge.runs.find(facts.run_id, [facts.project_id]), stopping)
        if not found:
            raise Skip("the run is not known any more")
        await bridge.watching.on_run(found[0], stopping)

    return event_handler({CI_RUN_COMPLETED: completed})


def project_handler(bridge: Bridge, stopping: asyncio.Event) -> Handler:
    """Removes what is kept of deleted projects."""

    async def deleted(event: Event[ProjectDeleted]) -> None:
        fact = event.data
        await through_outages(lambda: bridge.removal.remove(fact.project_id, fact.deleted_at), stopping)

    return event_handler({PROJECT_DELETED: deleted})
