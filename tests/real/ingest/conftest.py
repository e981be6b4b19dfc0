"""Ingest with real RabbitMQ and MongoDB, called through its ASGI app; tests read what it publishes."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aio_pika
import httpx
import pytest
from logloop_chassis.crypto import KeyHasher
from logloop_chassis.state import Resources, ServiceApp
from logloop_chassis.testing import wait_until
from logloop_contracts.channels import INTAKE, QUERY_LOGS
from logloop_contracts.log_batch import decode
from logloop_ingest.app import create_app
from logloop_ingest.http.endpoint import LogEndpoint
from logloop_ingest.settings import IngestSettings

from tests.infra import fresh_database

PATH = "/api/v1/logs"
DEAD = "/api/v1/ingest/dead-letters"
SECRET_KEY = "s" * 32
SHOP_KEY = f"llk_shopshop01_{'x' * 32}"
ADMIN_KEY = f"llk_adminadm01_{'y' * 32}"


def entry(message: str = "order 4711 placed", **values: Any) -> dict[str, Any]:
    return {
        "service_id": "checkout",
        "message": message,
        "severity": "info",
        "timestamp": "2026-11-22T10:00:00.123456Z",
        **values,
    }


@dataclass
class Ingest:
    """A running ingest. Calls use the key of project `shop` by default."""

    app: ServiceApp
    client: httpx.AsyncClient
    amqp_url: str
    stored: list[dict[str, Any]] = field(default_factory=list)

    @property
    def resources(self) -> Resources[IngestSettings]:
        return self.app.resources

    @property
    def endpoint(self) -> LogEndpoint:
        assert isinstance(self.app.parts, LogEndpoint)
        return self.app.parts

    async def post(self, content: Any, key: str = SHOP_KEY, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = {"content": content} if isinstance(content, bytes) else {"json": content}
        return await self.client.post(PATH, headers={"Authorization": f"Bearer {key}", **named}, **body)

    async def is_ready(self) -> bool:
        return (await self.client.get("/readyz")).status_code == 200

    async def logs(self) -> list[dict[str, Any]]:
        """Return every row that has been in query's queue; a duplicate batch is listed twice."""
        connection = await aio_pika.connect(self.amqp_url)
        async with connection, connection.channel() as channel:
            queue = await channel.get_queue(QUERY_LOGS.name)
            while (message := await queue.get(fail=False)) is not None:
                assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
                rows = decode(message.body).to_pylist()
                assert message.headers["x-count"] == len(rows)
                self.stored += [{"project_id": message.routing_key, **row} for row in rows]
                await message.ack()
        return self.stored

    async def send_over_amqp(self, body: bytes, *, project: str = "shop", message_id: str | None = None) -> None:
        """Publish to the intake exchange."""
        connection = await aio_pika.connect(self.amqp_url)
        async with connection, connection.channel() as channel:
            exchange = await channel.get_exchange(INTAKE.exchange.name)
            await exchange.publish(aio_pika.Message(body, message_id=message_id), routing_key=project)

    async def dead_letters(self) -> list[dict[str, Any]]:
        answer = await self.client.get(DEAD, headers={"Authorization": f"Bearer {ADMIN_KEY}"})
        answer.raise_for_status()
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


async def _seed(resources: Resources[IngestSettings]) -> None:
    hasher = KeyHasher(SECRET_KEY)
    keys = ((SHOP_KEY, "shop", ["ingest"]), (ADMIN_KEY, None, ["admin"]))
    if await resources.database["projects"].find_one({"_id": "shop"}):
        return
    await resources.database["projects"].insert_one({"_id": "shop", "name": "Shop", "retention_days": 30})
    for token, project_id, scopes in keys:
        _, key_id, secret = token.split("_")
        await resources.database["api_keys"].insert_one(
            {"_id": key_id, "name": key_id, "hash": hasher.hash(secret), "project_id": project_id, "scopes": scopes}
        )


@asynccontextmanager
async def running(amqp_url: str, mongo_url: str, **values: Any) -> AsyncIterator[Ingest]:
    """Start ingest without waiting until it is ready."""
    values.setdefault("mongo_database", fresh_database())
    settings = IngestSettings(amqp_url=amqp_url, mongo_url=mongo_url, secret_key=SECRET_KEY, **values)
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://t") as client,
        app.router.lifespan_context(app),
    ):
        service = Ingest(app, client, amqp_url)
        await _seed(service.resources)
        yield service


@pytest.fixture
async def ingest(emptied_amqp_url: str, mongo_url: str) -> AsyncIterator[Ingest]:
    async with running(emptied_amqp_url, mongo_url) as service:
        await wait_until(service.is_ready)
        yield service


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost, which signs itself, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    files = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
    more = ["-addext", "subjectAltName=DNS:localhost", "-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run([*command.split(), *more], check=True, capture_output=True)
    return files


async def together(*calls: Any) -> list[Any]:
    return list(await asyncio.gather(*calls))
