"""One lifespan for FastAPI, MongoDB and RabbitMQ: what a service opens, in which order, and how it stops."""

import asyncio
import contextlib
import gc
import resource
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import FrameType
from typing import Any, TypeVar

import structlog
import uvicorn
from fastapi import FastAPI
from logloop_contracts.channels import QUEUES
from pymongo.errors import PyMongoError

from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.background import running
from logloop_chassis.clock import CLOCK
from logloop_chassis.database.client import connect
from logloop_chassis.database.errors import register_database_errors
from logloop_chassis.http.body_limit import BodyLimit
from logloop_chassis.http.connections import bounded_protocol
from logloop_chassis.http.dead_letters import dead_letter_router
from logloop_chassis.http.health import Check, HealthRegistry, health_router
from logloop_chassis.http.problems import register_problems
from logloop_chassis.messaging.asyncapi import asyncapi_document
from logloop_chassis.messaging.connections import consuming_broker, keep_starting, publishing_broker, stop_quietly
from logloop_chassis.messaging.dead_letters import DeadLetterQueues
from logloop_chassis.messaging.failures import code_version
from logloop_chassis.messaging.publisher import Publisher
from logloop_chassis.messaging.topology import account_of, declare_topology
from logloop_chassis.messaging.topology_watch import TopologyWatch
from logloop_chassis.settings import ServiceSettings
from logloop_chassis.state import Resources, ServiceApp
from logloop_chassis.telemetry import BROKER_CONNECTED, HttpMetrics, configure_logging

DEFAULT_MAX_BODY = 2 * 1024 * 1024
_MAX_FILES = 65_536
_MAX_WEBSOCKET_MESSAGE = 64 * 1024
"""Bytes of a message that a client may send. Messages to clients are not bounded by it."""
_FIRST_MEASUREMENT_S = 2.0
_INTAKE_TIMEOUT_S = 2.0
_OUR_TAGS: Sequence[dict[str, Any]] = (
    {"name": "dead letters", "description": "Messages that could not be handled, with the reason."},
    {"name": "health", "description": "Whether this service lives and can work."},
)
_log = structlog.get_logger()

S = TypeVar("S", bound=ServiceSettings)


OpenService = Callable[[Resources[S]], AbstractAsyncContextManager[object]]
"""Opens the service's own parts around the serving of requests and yields them as one typed object."""


def service_app(
    settings: S,
    *,
    service: str,
    title: str,
    description: str,
    open_service: OpenService[S],
    dead_letter_prefix: str,
    max_body_size: int | None = DEFAULT_MAX_BODY,
    tags: Sequence[dict[str, Any]],
) -> ServiceApp:
    """Return an app whose lifespan opens MongoDB and both brokers around `open_service`.

    `open_service` registers subscribers and yields the object that handlers get from `parts_of`. Consuming starts
    after it is entered and ends before it is left, so it may flush in its exit.
    `tags` name and describe the groups of operations in the order in which Swagger shows them.
    `max_body_size` in bytes; None when every endpoint that reads a body has a limit of its own.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        resources = app.resources = _resources(settings, service, health, app.stopping)
        _add_checks(resources)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(resources.mongo.close)
            await stack.enter_async_context(_clock_of_the_database(resources))
            stack.push_async_callback(stop_quietly, resources.publisher.broker)
            app.parts = await stack.enter_async_context(open_service(resources))
            starting = asyncio.create_task(_start_brokers(resources), name="start-brokers")
            stack.push_async_callback(_stop_consuming, resources, starting)
            yield

    app = ServiceApp(
        service=service,
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
    health = HealthRegistry(app.stopping)
    register_problems(app)
    register_database_errors(app)
    if max_body_size is not None:
        app.add_middleware(BodyLimit, max_bytes=max_body_size)
    app.add_middleware(HttpMetrics, service=service)
    app.add_routes(health_router(health))
    app.add_routes(dead_letter_router(dead_letter_prefix))

    @app.get("/asyncapi.json", include_in_schema=False)
    async def asyncapi() -> dict[str, Any]:
        return asyncapi_document(service, code_version())

    return app


def _resources(settings: S, service: str, health: HealthRegistry, stopping: asyncio.Event) -> Resources[S]:
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
        dead_letters=DeadLetterQueues(url, [queue for queue in QUEUES if queue.consumer == service], publisher),
        stopping=stopping,
    )


def _add_checks(resources: Resources[Any]) -> None:
    async def mongodb() -> None:
        await resources.database.command("ping")

    async def rabbitmq() -> None:
        for name, broker in (("publishing", resources.publisher.broker), ("consuming", resources.consumer)):
            if not await broker.ping(timeout=2.0):
                raise ConnectionError(f"the {name} connection to RabbitMQ is down")
        await resources.publisher.require_intake(_INTAKE_TIMEOUT_S)

    resources.health.add("mongodb", mongodb)
    resources.health.add("rabbitmq", rabbitmq)


async def _start_brokers(resources: Resources[Any]) -> None:
    url = resources.settings.amqp_url.get_secret_value()

    async def start_publishing() -> None:
        await resources.publisher.broker.start()
        await declare_topology(resources.publisher.broker, account_of(url, resources.service))

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
    own = [queue for queue in QUEUES if queue.consumer == resources.service]
    await TopologyWatch(url, resources.service, own).run(resources.stopping)


def _failing(detail: str) -> Check:
    async def check() -> None:
        raise RuntimeError(detail)

    return check


@asynccontextmanager
async def _clock_of_the_database(resources: Resources[Any]) -> AsyncIterator[None]:
    """Measure the clock of the database now, unless it is away, and again while the service runs."""
    with contextlib.suppress(PyMongoError, TimeoutError):
        async with asyncio.timeout(_FIRST_MEASUREMENT_S):
            await CLOCK.measure(resources.database)
    measuring = CLOCK.keep_measuring(resources.database, resources.stopping)
    async with running("database clock", measuring):
        yield


async def _stop_consuming(resources: Resources[Any], starting: asyncio.Task[None]) -> None:
    resources.stopping.set()
    starting.cancel()
    await asyncio.wait([starting])
    await stop_quietly(resources.consumer)


class _Server(uvicorn.Server):
    """uvicorn that announces a stop signal at once, so that endless streams can end."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Called by uvicorn. What exists then lives as long as the process: no later collection looks at it."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called by uvicorn on SIGINT and SIGTERM."""
        self._stopping.set()
        super().handle_exit(sig, frame)


def _raise_file_limit() -> None:
    """Allow as many open files as the system does: each connection is one, and the usual limit is 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, _MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def run(app: ServiceApp, settings: ServiceSettings, *, service: str, websockets: bool = False) -> None:
    """Serve an app until a signal arrives. The service's own logs go to standard output."""
    configure_logging(service, level=settings.log_level, style=settings.log_format)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=bounded_protocol(),
        ws="websockets-sansio" if websockets else "none",
        ws_max_size=_MAX_WEBSOCKET_MESSAGE,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(settings.graceful_timeout),
        limit_concurrency=2000,
    )
    _raise_file_limit()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    _Server(config, app.stopping).run()
