"""ci-bridge on real RabbitMQ and MongoDB, with a fake GitHub and a fake of query's routes."""

import asyncio
import contextlib
import json
import os
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import aio_pika
import httpx
import pyarrow as pa
import uvicorn
from logloop.local.ports import free_port
from logloop.plain_http import WITHOUT_TLS
from logloop_chassis.state import Resources, ServiceApp
from logloop_chassis.testing import wait_until
from logloop_ci_bridge.app import create_app
from logloop_ci_bridge.settings import CiBridgeSettings
from logloop_ci_bridge.wiring import CiBridgeServices
from logloop_contracts.channels import CI_EXCHANGE, LOGS_EXCHANGE
from logloop_contracts.log_batch import decode, encode, entries_to_batch, new_batch_id
from logloop_contracts.log_entry import LogEntry, Severity
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.system.forked import MODULES, ForkedService

SECRET_KEY = "k" * 40
PROJECT = "shop"
REPOSITORY = "acme/shop"
WEBHOOK_SECRET = "hook secret"
PREFIX = "/api/v1/ci"
LOG_COLUMNS = ("service_id", "test_id", "func_id", "source", "message", "severity", "timestamp", "attributes")


class FakeQuery:
    """The routes of query that ci-bridge calls: GitHub settings, logs, an export, a new analysis."""

    def __init__(self, settings: dict[str, dict[str, Any]] | None = None) -> None:
        self.settings = settings or {}
        self.logs: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.unavailable = False
        self.logs_unavailable = False
        self.conflict: str | None = None
        self.analyses: list[tuple[str, dict[str, Any]]] = []
        """Idempotency key and body of each request for an analysis."""
        self.busy = 0
        """Requests for an analysis that are answered with 503 after they were noted."""
        self.changes: list[dict[str, Any]] = []
        """What is reported for the audit trail."""
        app = Starlette(
            routes=[
                Route("/internal/settings/github", self._settings),
                Route("/internal/audit", self._audit, methods=["POST"]),
                Route("/internal/settings/github/app", self._store_app, methods=["PUT"]),
                Route("/api/v1/logs", self._search),
                Route("/api/v1/logs/analyses", self._analyze, methods=["POST"]),
                Route("/api/v1/logs/export", self._export),
            ]
        )
        self._server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self.url = ""

    async def _settings(self, request: Request) -> Response:
        token = request.headers.get("authorization", "")
        if self.unavailable or not token.startswith("Bearer lls_"):
            return Response(status_code=503)
        if self.conflict is not None:
            return Response(json.dumps({"detail": self.conflict}), 409, media_type="application/problem+json")
        empty = {"api_url": "https://api.github.com", "token": None, "app_id": None, "webhook_secret": None}
        body = {"source": "none", **empty, **self.settings.get(request.query_params.get("project_id", ""), {})}
        return Response(json.dumps(body), media_type="application/json")

    async def _audit(self, request: Request) -> Response:
        if self.unavailable:
            return Response(status_code=503)
        self.changes.append(await request.json())
        return Response(status_code=204)

    async def _store_app(self, request: Request) -> Response:
        if self.unavailable or not request.headers.get("authorization", "").startswith("Bearer lls_"):
            return Response(status_code=503)
        self.settings[request.query_params.get("project_id", "")] = await request.json()
        return Response(status_code=204)

    async def _search(self, request: Request) -> Response:
        self.requests.append(("search", dict(request.query_params)))
        if self.logs_unavailable:
            return Response(json.dumps({"detail": "try again"}), 503, media_type="application/problem+json")
        return Response(json.dumps({"items": self.logs, "next_cursor": None}), media_type="application/json")

    async def _analyze(self, request: Request) -> Response:
        self.analyses.append((request.headers["idempotency-key"], await request.json()))
        if self.busy:
            self.busy -= 1
            return Response(json.dumps({"detail": "try again"}), 503, media_type="application/problem+json")
        return Response(json.dumps({"status": "queued"}), 202, media_type="application/json")

    async def _export(self, request: Request) -> Response:
        self.requests.append(("export", dict(request.query_params)))
        return Response("".join(json.dumps(row) + "\n" for row in self.logs), media_type="application/x-ndjson")

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + 20
        while not (self._server.started and self._server.servers):
            if time.monotonic() > deadline:
                raise RuntimeError("the fake of query did not start")
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)


@dataclass
class Listener:
    """Everything published to the logs and CI exchanges."""

    events: list[dict[str, Any]] = field(default_factory=list)
    batches: list[tuple[str, pa.Table]] = field(default_factory=list)

    def of_type(self, name: str) -> list[dict[str, Any]]:
        """Payloads of events such as dispatched or run-completed."""
        return [event["data"] for event in self.events if event["type"] == f"logloop.ci.{name}.v1"]

    def run_lines(self) -> list[dict[str, Any]]:
        """Distinct rows of batches that came from runs: a store keeps a batch and row once."""
        rows: dict[tuple[str, int], dict[str, Any]] = {}
        for _, table in self.batches:
            for row in table.to_pylist():
                if row["source"] == "github-actions":
                    rows[row["batch"], row["row"]] = row
        return list(rows.values())


@contextlib.asynccontextmanager
async def listening(amqp_url: str) -> AsyncIterator[Listener]:
    """Collect messages from now on; declares the exchanges as the services do."""
    listener = Listener()
    connection = await aio_pika.connect_robust(amqp_url)
    async with connection:
        channel = await connection.channel()
        for name in (CI_EXCHANGE.name, LOGS_EXCHANGE.name):
            exchange = await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True)
            queue = await channel.declare_queue(exclusive=True)
            await queue.bind(exchange, "#")
            is_log = name == LOGS_EXCHANGE.name

            async def take(message: aio_pika.abc.AbstractIncomingMessage, is_log: bool = is_log) -> None:
                if is_log:
                    listener.batches.append((message.routing_key or "", decode(message.body)))
                else:
                    listener.events.append(json.loads(message.body))

            await queue.consume(take, no_ack=True)
        yield listener


def entries(*messages: str, severity: str = "error", service: str = "checkout", **more: Any) -> list[LogEntry]:
    """Log entries with the current time."""
    return [
        LogEntry(
            project_id=PROJECT,
            service_id=service,
            message=message,
            severity=Severity(severity),
            timestamp=more.pop("at", None) or datetime.now(UTC),
            **more,
        )
        for message in messages
    ]


async def publish_logs(amqp_url: str, rows: list[LogEntry], batch_id: str | None = None, times: int = 1) -> str:
    """Publish a batch as ingest does, once or several times."""
    name = batch_id or new_batch_id()
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange(LOGS_EXCHANGE.name)
        message = aio_pika.Message(
            encode(entries_to_batch(rows, name)),
            headers={"x-project": PROJECT, "x-count": len(rows), "x-schema": 1},
            message_id=name,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        for _ in range(times):
            await exchange.publish(message, PROJECT)
    return name


@dataclass
class Running:
    """A started ci-bridge."""

    app: ServiceApp
    client: httpx.AsyncClient
    amqp_url: str
    heard: Listener

    @property
    def services(self) -> CiBridgeServices:
        assert isinstance(self.app.parts, CiBridgeServices)
        return self.app.parts

    @property
    def resources(self) -> Resources[CiBridgeSettings]:
        return self.app.resources

    async def is_ready(self) -> bool:
        return (await self.client.get("/readyz")).status_code == 200

    async def post(self, path: str, body: dict[str, Any], status: int = 201, **options: Any) -> dict[str, Any]:
        """POST and check the status."""
        answer = await self.client.post(f"{PREFIX}{path}", json=body, **options)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        """GET and check that it worked."""
        answer = await self.client.get(f"{PREFIX}{path}", params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """The items of a list in the project."""
        found: list[dict[str, Any]] = (await self.get(path, project_id=PROJECT, **params))["items"]
        return found

    async def pipeline(self, **more: Any) -> str:
        """Create a pipeline; its id."""
        body = {
            "project_id": PROJECT,
            "name": f"pipeline {time.time_ns()}",
            "service_id": "checkout",
            "repository": REPOSITORY,
            "event_type": "logloop.checkout",
            **more,
        }
        return str((await self.post("/pipelines", body))["id"])

    async def rule(self, pipeline_id: str, **more: Any) -> str:
        """Create a rule; its id."""
        body = {
            "project_id": PROJECT,
            "name": f"rule {time.time_ns()}",
            "condition": 'log.severity == "error"',
            "action": {"pipeline_id": pipeline_id},
            **more,
        }
        return str((await self.post("/rules", body))["id"])

    async def dispatches_in(self, *states: str) -> list[dict[str, Any]]:
        """Dispatches that are in one of these states."""
        return [item for item in await self.items("/dispatches") if item["state"] in states]


def settings(amqp_url: str, mongo_url: str, query_url: str, github_url: str, **more: Any) -> CiBridgeSettings:
    """Settings with short intervals."""
    values: dict[str, Any] = {
        "amqp_url": amqp_url,
        "mongo_url": mongo_url,
        "secret_key": SECRET_KEY,
        "no_auth": True,
        "query_url": query_url,
        "github_api_url": github_url,
        "github_timeout": 2.0,
        "ci_lease": 1.0,
        "ci_settle": 1.0,
        "ci_send_interval": 0.0,
        "ci_poll": 0.2,
        "ci_rules_fresh": 0.0,
        "port": 0,
        **more,
    }
    return CiBridgeSettings(**values)


@contextlib.asynccontextmanager
async def running(configured: CiBridgeSettings, database: str, *, ready: bool = True) -> AsyncIterator[Running]:
    """Start ci-bridge in this process, with a project to work in."""
    configured = configured.model_copy(update={"mongo_database": database})
    app = create_app(configured)
    amqp_url = configured.amqp_url.get_secret_value()
    async with contextlib.AsyncExitStack() as stack:
        heard = await stack.enter_async_context(listening(amqp_url))
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t")
        )
        await stack.enter_async_context(app.router.lifespan_context(app))
        started = Running(app, client, amqp_url, heard)
        await app.resources.database["projects"].update_one({"_id": PROJECT}, {"$set": {"name": "Shop"}}, upsert=True)
        if ready:
            await wait_until(started.is_ready)
            await asyncio.wait_for(_topology(amqp_url), 20)
        yield started


class Process:
    """ci-bridge as a separate process, to be killed."""

    def __init__(self, configured: CiBridgeSettings, database: str) -> None:
        self._port = free_port()
        environment = {
            **os.environ,
            **{
                f"LOGLOOP_{name.upper()}": str(getattr(value, "get_secret_value", lambda value=value: value)())
                for name, value in configured
                if value is not None
            },
            "LOGLOOP_MONGO_DATABASE": database,
            "LOGLOOP_PORT": str(self._port),
        }
        module = [MODULES["ci-bridge"]]
        self._process = ForkedService("ci-bridge", module, environment, Path(os.devnull))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it; `is_ready` says when it works."""
        self._process.start()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._process.kill()

    async def is_ready(self) -> bool:
        """Whether it answers that it is ready."""
        try:
            async with httpx.AsyncClient(trust_env=False, verify=WITHOUT_TLS) as client:
                answer = await client.get(f"{self.url}/readyz", timeout=2)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


async def _topology(amqp_url: str) -> None:
    """Wait until the queue of ci-bridge has a consumer; messages that are published earlier are lost."""
    while True:
        connection = await aio_pika.connect(amqp_url)
        try:
            channel = await connection.channel()
            declared = await (await channel.get_queue("ci-bridge.logs")).declare()
            if declared.consumer_count:
                return
        except aio_pika.exceptions.AMQPError:
            pass
        finally:
            await connection.close()
        await asyncio.sleep(0.05)
