"""Wires ingest: the use case between its HTTP endpoint, its AMQP consumer and the broker."""

import gc
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager

from logloop_chassis.app import service_app
from logloop_chassis.background import periodically, running
from logloop_chassis.clock import CLOCK
from logloop_chassis.messaging.consuming import subscribe
from logloop_chassis.state import Resources, ServiceApp
from logloop_contracts.channels import INGEST_INTAKE

from logloop_ingest.accept import Accept
from logloop_ingest.batching.batcher import Batcher
from logloop_ingest.batching.key_store import KeyStore
from logloop_ingest.batching.redaction import redact_secrets
from logloop_ingest.batching.submitter import Submitter
from logloop_ingest.consumers import intake_handler
from logloop_ingest.http.bodies import BodyReader
from logloop_ingest.http.cross_origin import IntakeCors, parse_origins
from logloop_ingest.http.endpoint import LogEndpoint
from logloop_ingest.http.protocol_endpoint import ProtocolEndpoint
from logloop_ingest.http.protocol_routes import mount_protocols
from logloop_ingest.http.routes import mount
from logloop_ingest.in_flight import InFlightBudget
from logloop_ingest.key_usage_store import KeyUsageStore
from logloop_ingest.listeners.intake import Receiver
from logloop_ingest.listeners.opening import listening
from logloop_ingest.rate_limits import FLUSH_EVERY_S, KeyLimits
from logloop_ingest.settings import IngestSettings

SERVICE = "ingest"
_THREADS = 2


@asynccontextmanager
async def _open(resources: Resources[IngestSettings]) -> AsyncIterator[LogEndpoint]:
    settings, publisher, authenticator = resources.settings, resources.publisher, resources.authenticator
    limits = settings.limits()
    in_flight = InFlightBudget(settings.ingest_max_in_flight_bytes)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="ingest") as executor:
        batcher = Batcher(
            publisher,
            executor=executor,
            linger_s=settings.ingest_linger_ms / 1000,
            redact=redact_secrets if settings.redact == "standard" else None,
        )
        keys = KeyStore(resources.database, authenticator.retention_days)
        accept = Accept(
            Submitter(batcher, keys),
            authenticator.project_exists,
            limits=limits,
            executor=executor,
            clock=CLOCK.time_ns,
        )
        handler = intake_handler(accept, publisher, in_flight, resources.stopping)
        subscribe(resources.consumer, INGEST_INTAKE, handler, publisher, prefetch=settings.ingest_prefetch)
        # Parsed entries live for milliseconds, and the search for cycles is most of their cost.
        gc.set_threshold(100_000, 20, 100)
        key_limits = KeyLimits(KeyUsageStore(resources.database))
        counting = periodically(key_limits.flush, "use of API keys", resources.stopping, every_s=FLUSH_EVERY_S)
        receiver = Receiver(accept, in_flight, key_limits, limits, resources.stopping)
        async with running("use of API keys", counting):
            bodies = BodyReader(limits, executor, settings.ingest_body_timeout_s)
            endpoint = LogEndpoint(accept, authenticator, in_flight, bodies, key_limits)
            async with _listeners(settings, receiver, endpoint):
                yield endpoint
            await batcher.drain()
        await keys.close()
        await key_limits.flush()


@asynccontextmanager
async def _listeners(settings: IngestSettings, receiver: Receiver, endpoint: LogEndpoint) -> AsyncIterator[None]:
    """Run the listeners whose addresses are set."""
    addresses, secrets = settings.listen_addresses(), settings.listen_secrets()
    async with AsyncExitStack() as stack:
        for address in addresses:
            if address.protocol == "otlp":
                # gRPC takes 9 MB of memory, so it is imported only if it is used.
                from logloop_ingest.listeners.otlp_grpc import otlp_grpc_listener

                await stack.enter_async_context(otlp_grpc_listener(address, ProtocolEndpoint(endpoint), secrets))
        others = [address for address in addresses if address.protocol != "otlp"]
        await stack.enter_async_context(listening(others, receiver, secrets))
        yield


def create_app(settings: IngestSettings) -> ServiceApp:
    """Return the ingest service; it connects when its lifespan starts."""
    app = service_app(
        settings,
        service=SERVICE,
        title="Logloop ingest",
        description="Accepts logs over HTTP and AMQP; a log counts as accepted once the broker has confirmed it.",
        open_service=_open,
        dead_letter_prefix="/api/v1/ingest/dead-letters",
        max_body_size=None,
        tags=[{"name": "logs", "description": "Sending logs."}],
    )
    mount(app)
    mount_protocols(app)
    if origins := parse_origins(settings.cors_origins):
        app.add_middleware(IntakeCors, origins=origins)
    return app
