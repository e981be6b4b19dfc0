"""Wires ingest: the batcher and the use case between the two doors and the broker.

It must not hold logic.
"""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from logloop_chassis.app import Resources, service_app
from logloop_chassis.broker import subscribe
from logloop_contracts.channels import INGEST_INTAKE

from logloop_ingest import http
from logloop_ingest.accept import Acceptor
from logloop_ingest.batcher import Batcher
from logloop_ingest.consumers import intake_handler
from logloop_ingest.in_flight import InFlight
from logloop_ingest.settings import IngestSettings

SERVICE = "ingest"
_BODY_MARGIN = 64 * 1024
_DESCRIPTION = """Takes in logs over HTTP and AMQP and publishes them as confirmed batches.

Send with an API key that has the scope `ingest`, as `Authorization: Bearer llk_…` or `X-API-Key`."""


@asynccontextmanager
async def _open(resources: Resources[IngestSettings], app: FastAPI) -> AsyncIterator[None]:
    settings = resources.settings
    limits = settings.limits()
    batcher = Batcher(resources.publisher, limits, settings.ingest_linger_ms / 1000)
    in_flight = InFlight(settings.ingest_max_in_flight_bytes)
    acceptor = Acceptor(batcher, in_flight, limits, resources.authenticator.project_exists)
    app.state.acceptor = acceptor
    handler = intake_handler(settings, acceptor, resources.authenticator, resources.publisher)
    subscribe(resources.consumer, INGEST_INTAKE, handler, resources.publisher, prefetch=settings.ingest_prefetch)
    _calm_the_collector()
    yield
    await batcher.drain()


def _calm_the_collector() -> None:
    """Rows are many short-lived dicts without cycles; walking them over and over is most of their cost."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def create_app(settings: IngestSettings) -> FastAPI:
    """The ingest service as a FastAPI app; nothing is opened before its lifespan starts."""
    app = service_app(
        settings,
        service=SERVICE,
        title="Logloop ingest",
        description=_DESCRIPTION,
        open_service=_open,
        dead_letter_prefix="/api/v1/ingest/dead-letters",
        max_body_size=settings.ingest_max_request_bytes + _BODY_MARGIN,
        tags=[{"name": "logs", "description": "Sending logs."}],
    )
    app.include_router(http.router)
    http.describe(app)
    return app
