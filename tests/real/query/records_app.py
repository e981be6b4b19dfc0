"""Query on real MongoDB and RabbitMQ: with a stand-in for stored logs, or complete."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from logloop_chassis.app import service_app
from logloop_chassis.http.problems import Unprocessable
from logloop_chassis.state import Resources, ServiceApp
from logloop_chassis.testing import wait_until
from logloop_query.app import create_app
from logloop_query.http.routes import RECORD_ROUTERS
from logloop_query.query_services import QueryServices, RecordServices
from logloop_query.settings import FirstStartSettings, QuerySettings
from logloop_query.wiring import LogParts, open_records
from pydantic import SecretStr

from tests.infra import fresh_database

SECRET_KEY = "k" * 40
ADMIN_EMAIL = "admin@logloop.local"
ADMIN_PASSWORD = "first admin password"
ORIGIN = "http://localhost"


@dataclass
class FakeLogs:
    """Stands in for the stored logs and remembers the calls."""

    deleted: list[str] = field(default_factory=list)
    retention: dict[str, int] = field(default_factory=dict)

    def check_query(self, q: str) -> None:
        if "((" in q:
            raise Unprocessable("unbalanced parenthesis at 1")

    async def delete_project_logs(self, project_id: str) -> None:
        self.deleted.append(project_id)

    async def set_retention(self, project_id: str, days: int) -> None:
        self.retention[project_id] = days


@dataclass
class Running:
    """A started app, and clients of it."""

    app: ServiceApp
    logs: FakeLogs

    @property
    def resources(self) -> Resources[Any]:
        """The shared resources of the app."""
        return self.app.resources

    @property
    def services(self) -> QueryServices:
        """The use cases of the app."""
        assert isinstance(self.app.parts, QueryServices)
        return self.app.parts

    @property
    def records(self) -> RecordServices:
        """The use cases of records."""
        return self.services.records

    def client(self, **options: Any) -> httpx.AsyncClient:
        """A client with its own cookie jar, not signed in."""
        transport = httpx.ASGITransport(self.app, client=(options.pop("ip", "203.0.113.7"), 4711))
        return httpx.AsyncClient(transport=transport, base_url=options.pop("base_url", ORIGIN), **options)

    def with_key(self, key: str) -> httpx.AsyncClient:
        """A client that sends an API key."""
        return self.client(headers={"Authorization": f"Bearer {key}"})

    async def signed_in(self, email: str = ADMIN_EMAIL, password: str = ADMIN_PASSWORD) -> httpx.AsyncClient:
        """A client with the session cookie of a user, as a browser sends it from our own page."""
        client = self.client(headers={"Sec-Fetch-Site": "same-origin"})
        answer = await client.post("/api/v1/session", json={"email": email, "password": password})
        assert answer.status_code == 201, answer.text
        client.headers["Cookie"] = cookie_of(answer)
        return client


def cookie_of(answer: httpx.Response) -> str:
    """The cookie that a response sets, as a browser sends it. httpx does not send Secure cookies over http."""
    return answer.headers["set-cookie"].split(";", 1)[0]


async def is_ready(resources: Resources[Any]) -> bool:
    """Whether the app is connected, so that it can publish."""
    return (await resources.health.report()).status == "ok"


@contextlib.asynccontextmanager
async def running(
    amqp_url: str,
    mongo_url: str,
    *,
    database: str | None = None,
    first_start: FirstStartSettings | None = None,
    **options: Any,
) -> AsyncIterator[Running]:
    """Start the app, by default on a fresh database whose administrator has ADMIN_PASSWORD. `options`: settings."""
    settings = QuerySettings(
        amqp_url=SecretStr(amqp_url),
        mongo_url=SecretStr(mongo_url),
        mongo_database=database or fresh_database(),
        secret_key=SecretStr(SECRET_KEY),
        **options,
    )
    wanted = first_start or FirstStartSettings(admin_password=SecretStr(ADMIN_PASSWORD))
    logs = FakeLogs()

    @contextlib.asynccontextmanager
    async def open_service(resources: Resources[QuerySettings]) -> AsyncIterator[QueryServices]:
        async with open_records(resources, logs, wanted) as records:
            yield QueryServices(records, LogParts(resources).services)

    app = service_app(
        settings,
        service="query",
        title="Logloop query",
        description="",
        open_service=open_service,
        dead_letter_prefix="/api/v1/query/dead-letters",
        tags=[],
    )
    for router in RECORD_ROUTERS:
        app.add_routes(router)
    async with app.router.lifespan_context(app):
        await wait_until(lambda: is_ready(app.resources))
        yield Running(app, logs)


@contextlib.asynccontextmanager
async def running_whole(amqp_url: str, mongo_url: str, **options: Any) -> AsyncIterator[Running]:
    """Start the complete service on a fresh database. LOGLOOP_ADMIN_PASSWORD must be ADMIN_PASSWORD."""
    settings = QuerySettings(
        amqp_url=SecretStr(amqp_url),
        mongo_url=SecretStr(mongo_url),
        mongo_database=fresh_database(),
        secret_key=SecretStr(SECRET_KEY),
        persist_linger=0.01,
        **options,
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        await wait_until(lambda: is_ready(app.resources))
        yield Running(app, FakeLogs())


async def make_project(admin: httpx.AsyncClient, project_id: str) -> None:
    """Create a project."""
    answer = await admin.post("/api/v1/projects", json={"id": project_id, "name": project_id.title()})
    assert answer.status_code == 201, answer.text


async def make_key(admin: httpx.AsyncClient, project_id: str | None, *scopes: str) -> str:
    """Create an API key and return its text."""
    answer = await admin.post(
        "/api/v1/api-keys", json={"name": "test", "project_id": project_id, "scopes": list(scopes)}
    )
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["key"]
    return key


async def make_user(query: Running, admin: httpx.AsyncClient, email: str, **fields: Any) -> tuple[str, str]:
    """Create a user who has changed the one-time password. Return the id and the password."""
    made = await admin.post("/api/v1/users", json={"email": email, "name": email, **fields})
    assert made.status_code == 201, made.text
    one_time, password = made.json()["one_time_password"], f"password of {email}"
    client = await query.signed_in(email, one_time)
    body = {"old_password": one_time, "new_password": password}
    assert (await client.put("/api/v1/session/password", json=body)).status_code == 200
    return made.json()["id"], password
