"""Wires ingest: the use case between its two doors and the broker.

It must not hold logic.
"""

import gc
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from fastapi import FastAPI
from logloop_chassis.app import service_app
from logloop_chassis.messaging.consuming import subscribe
from logloop_chassis.state import Resources
from logloop_contracts.channels import INGEST_INTAKE

from logloop_ingest.accept import Accept
from logloop_ingest.batching.batcher import Batcher
from logloop_ingest.batching.redaction import redact_secrets
from logloop_ingest.consumers import intake_handler
from logloop_ingest.http.endpoint import HttpDoor, mount
from logloop_ingest.in_flight import InFlight
from logloop_ingest.settings import IngestSettings

SERVICE = "ingest"
_THREADS = 2


@asynccontextmanager
async def _open(resources: Resources[IngestSettings], app: FastAPI) -> AsyncIterator[None]:
    settings, publisher = resources.settings, resources.publisher
    limits = settings.limits()
    in_flight = InFlight(settings.ingest_max_in_flight_bytes)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="ingest") as executor:
        batcher = Batcher(
            publisher,
            executor=executor,
            linger_s=settings.ingest_linger_ms / 1000,
            redact=redact_secrets if settings.redact == "standard" else None,
        )
        accept = Accept(batcher, resources.authenticator.project_exists, limits=limits, executor=executor)
        app.state.door = HttpDoor(
            accept, resources.authenticator, in_flight, limits, executor, settings.ingest_body_timeout_s
        )
        handler = intake_handler(accept, publisher, in_flight, resources.stopping)
        subscribe(resources.consumer, INGEST_INTAKE, handler, publisher, prefetch=settings.ingest_prefetch)
        calm_collector()
        yield
        await batcher.drain()


def calm_collector() -> None:
    """Entries are trees that live for milliseconds; looking for cycles among them is most of their cost."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def create_app(settings: IngestSettings) -> FastAPI:
    """The ingest service; nothing is opened before its lifespan starts."""
    app = service_app(
        settings,
        service=SERVICE,
        title="Logloop ingest",
        description="Takes in logs over HTTP and AMQP and passes them on once the broker has confirmed them.",
        open_service=_open,
        dead_letter_prefix="/api/v1/ingest/dead-letters",
        max_body_size=None,
        tags=[{"name": "logs", "description": "Sending logs."}],
    )
    mount(app)
    return app
