"""Handles the messages that ci-bridge consumes: log batches, analyses, completed runs and deleted projects."""

import asyncio

from logloop_chassis.database.outages import wait_out_outages
from logloop_chassis.messaging.consuming import event_handler
from logloop_chassis.messaging.delivery import Delivery, Handler
from logloop_chassis.messaging.failures import Dead, Skip
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

from logloop_ci_bridge.wiring import CiBridgeServices


def log_batch_handler(services: CiBridgeServices, stopping: asyncio.Event) -> Handler:
    """Return a handler that evaluates the log rules of a project on each batch."""

    async def handle(delivery: Delivery) -> None:
        project_id = str(delivery.headers.get(HEADER_PROJECT) or delivery.routing_key)
        try:
            await services.evaluator.on_logs(project_id, delivery.body, stopping)
        except BadBatch as error:
            raise Dead("bad_batch", str(error)) from error

    return handle


def analysis_handler(services: CiBridgeServices, stopping: asyncio.Event) -> Handler:
    """Return a handler that evaluates analysis rules on completed analyses and skips failed ones."""

    async def completed(event: Event[AnalysisCompleted]) -> None:
        await services.evaluator.on_analysis(event.data, stopping)

    async def failed(event: Event[AnalysisFailed]) -> None:
        raise Skip(event.data.reason)

    return event_handler({ANALYSIS_COMPLETED: completed, ANALYSIS_FAILED: failed})


def run_handler(services: CiBridgeServices, stopping: asyncio.Event) -> Handler:
    """Return a handler that evaluates run rules on completed runs."""

    async def completed(event: Event[RunCompleted]) -> None:
        fact = event.data
        found = await wait_out_outages(
            lambda: services.stores.runs.find(fact.run_id, [fact.project_id]), "read the run", stopping=stopping
        )
        if not found:
            raise Skip("the run is no longer stored")
        await services.evaluator.on_run(found[0], stopping)

    return event_handler({CI_RUN_COMPLETED: completed})


def project_handler(services: CiBridgeServices, stopping: asyncio.Event) -> Handler:
    """Return a handler that removes what is stored of deleted projects."""

    async def deleted(event: Event[ProjectDeleted]) -> None:
        fact = event.data
        await wait_out_outages(
            lambda: services.project_removal.remove(fact.project_id, fact.deleted_at),
            "remove the project",
            stopping=stopping,
        )

    return event_handler({PROJECT_DELETED: deleted})
