"""Ingest without RabbitMQ and MongoDB: a stand-in for the broker records what is published."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import httpx
from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.problems import Unauthorized, register_problems
from logloop_chassis.state import ServiceApp
from logloop_contracts.log_batch import decode
from logloop_ingest.accept import Accept
from logloop_ingest.batching.batcher import Batcher
from logloop_ingest.batching.duplicates import OtherContent
from logloop_ingest.batching.submitter import Submitter
from logloop_ingest.http.bodies import BodyReader
from logloop_ingest.http.cross_origin import IntakeCors
from logloop_ingest.http.endpoint import LogEndpoint
from logloop_ingest.http.protocol_routes import mount_protocols
from logloop_ingest.http.routes import mount
from logloop_ingest.in_flight import InFlightBudget
from logloop_ingest.limits import Limits
from logloop_ingest.rate_limits import KeyLimits

PATH = "/api/v1/logs"
KEY = f"llk_shopshop01_{'x' * 32}"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHOP_KEY = Principal("key", "k1", "shop key", scopes=frozenset({"ingest"}), projects=frozenset({"shop"}))
READ_KEY = Principal("key", "k2", "reader", scopes=frozenset({"read"}), projects=frozenset({"shop"}))
ADMIN = Principal("user", "u1", "admin", is_admin=True, projects=None)


def entry(**values: Any) -> dict[str, Any]:
    return {
        "project_id": "shop",
        "service_id": "checkout",
        "message": "order 4711 placed",
        "severity": "info",
        "timestamp": "2026-11-22T10:00:00.123456Z",
        **values,
    }


@dataclass
class Broker:
    """Confirms every message once `gate` is open, unless `failure` is set."""

    failure: BaseException | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    published: list[tuple[str, str, bytes, Mapping[str, Any], str]] = field(default_factory=list)
    seen: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    async def publish_bytes(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        *,
        headers: Mapping[str, Any],
        message_id: str,
        content_type: str,  # noqa: ARG002
    ) -> None:
        self.seen += 1
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.published.append((exchange, routing_key, body, headers, message_id))

    @property
    def logs(self) -> list[dict[str, Any]]:
        """Every published row with its project."""
        return [
            {"project_id": project_id, **row}
            for exchange, project_id, body, _, _ in self.published
            if exchange == "logloop.logs"
            for row in decode(body).to_pylist()
        ]


class _Caller:
    no_auth = False

    def __init__(self, principal: Principal, *, needs_key: bool) -> None:
        self.principal = principal
        self.needs_key = needs_key

    async def authenticate(self, headers: object, *, method: str, ignore_token: bool = False) -> Principal:  # noqa: ARG002
        if self.needs_key:
            raise Unauthorized
        return self.principal

    async def authenticate_token(self, token: str) -> Principal:
        if token != KEY:
            raise Unauthorized("unknown API key")
        return self.principal


@dataclass
class Keys:
    """Stores the digest of each batch id. Several services may share it, as processes share MongoDB."""

    digests: dict[str, bytes] = field(default_factory=dict)

    async def claim(self, batch_id: str, project_id: str, digest: bytes) -> bool:  # noqa: ARG002
        is_new = batch_id not in self.digests
        if self.digests.setdefault(batch_id, digest) != digest:
            raise OtherContent
        return is_new

    async def release(self, batch_id: str, digest: bytes) -> None:
        assert self.digests.pop(batch_id) == digest


class NoUsage:
    """Has counted nothing, and stores nothing."""

    async def bytes_of(self, *_: object) -> int:
        return 0

    async def add(self, *_: object, **__: object) -> None:
        return None


async def _exists(project_id: str) -> bool:
    return project_id in {"shop", "bank"}


@dataclass
class Ingest:
    """The parts of a service, and a client of its HTTP API."""

    broker: Broker
    batcher: Batcher
    accept: Accept
    in_flight: InFlightBudget
    client: httpx.AsyncClient

    async def send(self, path: str, content: bytes, **headers: str) -> httpx.Response:
        """Send a request in another protocol, with the key of project shop unless a header has another one."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        method = named.pop("method", "POST")
        return await self.client.request(
            method, path, content=content, headers={"Authorization": f"Bearer {KEY}", **named}
        )

    async def post(self, content: bytes, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(PATH, content=content, headers=named)


@asynccontextmanager
async def ingest_service(
    principal: Principal = SHOP_KEY,
    *,
    limits: Limits | None = None,
    max_in_flight: int = 2**26,
    linger_s: float = 0.001,
    keys: Keys | None = None,
    origins: Sequence[str] = (),
    needs_key: bool = False,
) -> AsyncIterator[Ingest]:
    limits = limits or Limits()
    broker, in_flight = Broker(), InFlightBudget(max_in_flight)
    with ThreadPoolExecutor(2) as executor:
        batcher = Batcher(broker, executor=executor, linger_s=linger_s)
        accept = Accept(
            Submitter(batcher, keys or Keys()),
            _exists,
            limits=limits,
            executor=executor,
            clock=lambda: int(NOW.timestamp()) * 1_000_000_000,
        )
        app = ServiceApp()
        register_problems(app)
        mount(app)
        mount_protocols(app)
        if origins:
            app.add_middleware(IntakeCors, origins=origins)
        bodies = BodyReader(limits, executor, timeout_s=0.2)
        authenticator = cast("Authenticator", _Caller(principal, needs_key=needs_key))
        app.parts = LogEndpoint(accept, authenticator, in_flight, bodies, KeyLimits(NoUsage()))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            yield Ingest(broker, batcher, accept, in_flight, client)
