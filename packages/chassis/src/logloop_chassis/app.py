"""One lifespan for FastAPI and RabbitMQ: what a service opens, in which order, and how it stops.

It must not know what a service does with its resources.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Generic, TypeVar

import structlog
import uvicorn
from fastapi import FastAPI, Request
from faststream.rabbit import RabbitBroker
from logloop_contracts.channels import QUEUES
from pymongo import AsyncMongoClient

from logloop_chassis.auth import Authenticator
from logloop_chassis.database.client import Database, Document, connect
from logloop_chassis.http.body_limit import BodyLimit
from logloop_chassis.http.health import Check, HealthRegistry, health_router
from logloop_chassis.http.problems import register_problems
from logloop_chassis.messaging.asyncapi import asyncapi_document
from logloop_chassis.messaging.broker import (
    Publisher,
    consuming_broker,
    declare_topology,
    keep_starting,
    publishing_broker,
    stop_quietly,
)
from logloop_chassis.messaging.dead_letters import DeadLetterBox, dead_letter_router
from logloop_chassis.messaging.failures import code_version
from logloop_chassis.settings import ServiceSettings
from logloop_chassis.telemetry import BROKER_CONNECTED, HttpMetrics, configure_logging

DEFAULT_MAX_BODY = 2 * 1024 * 1024
_OUR_TAGS: Sequence[dict[str, Any]] = (
    {"name": "dead letters", "description": "Messages that could not be handled, with the reason."},
    {"name": "health", "description": "Whether this service lives and can work."},
)
_log = structlog.get_logger()

S = TypeVar("S", bound=ServiceSettings)


@dataclass
class Resources(Generic[S]):
    """What a running service holds. `stopping` is set as soon as the process is asked to stop."""

    settings: S
    service: str
    mongo: AsyncMongoClient[Document]
    database: Database
    publisher: Publisher
    consumer: RabbitBroker
    health: HealthRegistry
    authenticator: Authenticator
    dead_letters: DeadLetterBox
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


Open = Callable[[Resources[S], FastAPI], AbstractAsyncContextManager[None]]


def service_app(
    settings: S,
    *,
    service: str,
    title: str,
    description: str,
    open_service: Open[S],
    dead_letter_prefix: str,
    max_body_size: int | None = DEFAULT_MAX_BODY,
    tags: Sequence[dict[str, Any]],
) -> FastAPI:
    """A FastAPI app whose lifespan opens MongoDB and both brokers around `open_service`.

    `open_service` registers subscribers and puts what handlers need on `app.state`; consuming starts after it,
    and when the service stops consuming ends before it is left, so it may flush in its exit.
    `tags` name and describe the groups of operations in the order in which Swagger shows them.
    `max_body_size` in bytes; None when every route that reads a body has a limit of its own.
    """

    health = HealthRegistry()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        resources = _resources(settings, service, health)
        _add_checks(resources)
        app.state.resources = resources
        async with AsyncExitStack() as stack:
            stack.push_async_callback(resources.mongo.close)
            stack.push_async_callback(stop_quietly, resources.publisher.broker)
            await stack.enter_async_context(open_service(resources, app))
            starting = asyncio.create_task(_start_brokers(resources), name="start-brokers")
            stack.push_async_callback(_stop_consuming, resources, starting)
            yield

    app = FastAPI(
        title=title,
        description=description,
        version=code_version(),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        openapi_tags=[*tags, *_OUR_TAGS],
        license_info={"name": "Apache-2.0"},
    )
    register_problems(app)
    if max_body_size is not None:
        app.add_middleware(BodyLimit, max_bytes=max_body_size)
    app.add_middleware(HttpMetrics, service=service)
    app.include_router(health_router(health))
    app.include_router(dead_letter_router(dead_letter_prefix, _dead_letters))

    @app.get("/asyncapi.json", include_in_schema=False)
    async def asyncapi() -> dict[str, Any]:
        return asyncapi_document(service, code_version())

    return app


def _dead_letters(request: Request) -> DeadLetterBox:
    box: DeadLetterBox = request.app.state.resources.dead_letters
    return box


def _resources(settings: S, service: str, health: HealthRegistry) -> Resources[S]:
    url = settings.amqp_url.get_secret_value()
    secret_key = settings.secret_key.get_secret_value()
    mongo = connect(settings.mongo_url.get_secret_value(), app_name=service)
    database = mongo[settings.mongo_database]
    publisher = Publisher(publishing_broker(url, service), service)
    return Resources(
        settings=settings,
        service=service,
        mongo=mongo,
        database=database,
        publisher=publisher,
        consumer=consuming_broker(url, service, graceful_timeout=settings.graceful_timeout),
        health=health,
        authenticator=Authenticator(database, secret_key, no_auth=settings.no_auth),
        dead_letters=DeadLetterBox(url, [queue for queue in QUEUES if queue.consumer == service], publisher),
    )


def _add_checks(resources: Resources[Any]) -> None:
    async def mongodb() -> None:
        await resources.database.command("ping")

    async def rabbitmq() -> None:
        for name, broker in (("publishing", resources.publisher.broker), ("consuming", resources.consumer)):
            if not await broker.ping(timeout=2.0):
                raise ConnectionError(f"the {name} connection to RabbitMQ is down")

    resources.health.add("mongodb", mongodb)
    resources.health.add("rabbitmq", rabbitmq)


async def _start_brokers(resources: Resources[Any]) -> None:
    async def start_publishing() -> None:
        await resources.publisher.broker.start()
        await declare_topology(resources.publisher.broker)

    try:
        await keep_starting("publish", start_publishing)
    except RuntimeError as error:
        _log.error("topology refused", detail=str(error))  # the sentence tells all
        resources.health.add("topology", _failing(str(error)))
        return
    BROKER_CONNECTED.labels(resources.service, "publish").set(1)
    await keep_starting("consume", resources.consumer.start)
    BROKER_CONNECTED.labels(resources.service, "consume").set(1)
    _log.info("service is connected")


def _failing(detail: str) -> Check:
    async def check() -> None:
        raise RuntimeError(detail)

    return check


async def _stop_consuming(resources: Resources[Any], starting: asyncio.Task[None]) -> None:
    resources.health.stopping = True
    resources.stopping.set()
    starting.cancel()
    await asyncio.wait([starting])
    await stop_quietly(resources.consumer)


class _Server(uvicorn.Server):
    """uvicorn that tells the app about a stop signal at once, so that endless streams can end."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._fastapi = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called by uvicorn on SIGINT and SIGTERM."""
        resources = getattr(self._fastapi.state, "resources", None)
        if resources is not None:
            resources.health.stopping = True
            resources.stopping.set()
        super().handle_exit(sig, frame)


def run(app: FastAPI, settings: ServiceSettings, *, service: str) -> None:
    """Serve an app until a signal; logs of ours go to standard output."""
    configure_logging(service, level=settings.log_level, style=settings.log_format)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(settings.graceful_timeout),
        limit_concurrency=2000,
    )
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    _Server(config, app).run()
