"""The complete service over HTTP: logs arrive over RabbitMQ and are read, followed, edited and exported."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from logloop.local.ports import free_port
from logloop.plain_http import WITHOUT_TLS
from logloop_chassis.crypto import issue_service_token
from logloop_chassis.state import ServiceApp
from logloop_chassis.testing import wait_until
from logloop_contracts.channels import HEADER_COUNT, HEADER_PROJECT, LOGS, LOGS_EXCHANGE, QUERY_LOGS
from logloop_contracts.log_batch import encode
from logloop_query.app import create_app
from logloop_query.logs.search.log_search import SearchLimits
from logloop_query.query_services import QueryServices
from logloop_query.settings import QuerySettings
from pydantic import SecretStr

from tests.infra import fresh_database
from tests.real.query.logs.storage import NOON, entry, numbered, table

SECRET_KEY = "k" * 40
PASSWORD = "first admin password"


class Service:
    """A running query service."""

    def __init__(self, app: ServiceApp, base_url: str, amqp_url: str) -> None:
        self.app = app
        self.base_url = base_url
        self.amqp_url = amqp_url

    def client(self, token: str) -> httpx.AsyncClient:
        """A client with an API key or service token."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(
            base_url=f"{self.base_url}/api/v1", headers=headers, trust_env=False, verify=WITHOUT_TLS, timeout=30
        )

    def of_project(self, project: str = "shop") -> httpx.AsyncClient:
        """A client that may read and write one project."""
        return self.client(issue_service_token(SECRET_KEY, "test", project, 600))

    async def publish(self, rows: Any, project: str = "shop", body: bytes | None = None) -> None:
        """Send a batch as ingest does."""
        await self.app.resources.publisher.publish_bytes(
            LOGS_EXCHANGE.name,
            project,
            encode(rows) if body is None else body,
            headers={HEADER_PROJECT: project, HEADER_COUNT: 0 if rows is None else rows.num_rows},
            message_id="m",
            content_type=LOGS.content_type,
        )


@pytest.fixture
async def service(emptied_amqp_url: str, mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    monkeypatch.setenv("LOGLOOP_ADMIN_PASSWORD", PASSWORD)
    port = free_port()
    settings = QuerySettings(
        amqp_url=SecretStr(emptied_amqp_url),
        mongo_url=SecretStr(mongo_url),
        mongo_database=fresh_database(),
        secret_key=SecretStr(SECRET_KEY),
        persist_linger=0.02,
    )
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, timeout_graceful_shutdown=5))
    serving = asyncio.create_task(server.serve())
    running = Service(app, f"http://127.0.0.1:{port}", emptied_amqp_url)
    async with httpx.AsyncClient(base_url=running.base_url, trust_env=False, verify=WITHOUT_TLS) as client:

        async def ready() -> bool:
            return server.started and (await client.get("/readyz")).status_code == 200

        await wait_until(ready)
        await create_project(client)
    yield running
    app.resources.stopping.set()
    server.should_exit = True
    await serving


async def create_project(client: httpx.AsyncClient) -> None:
    own = {"Sec-Fetch-Site": "same-origin"}
    session = await client.post(
        "/api/v1/session", json={"email": "admin@logloop.local", "password": PASSWORD}, headers=own
    )
    assert session.status_code == 201, session.text
    cookie = {**own, "Cookie": session.headers["set-cookie"].split(";", 1)[0]}
    for project in ("shop", "bank"):
        made = await client.post("/api/v1/projects", json={"id": project, "name": project}, headers=cookie)
        assert made.status_code == 201, made.text


async def total(client: httpx.AsyncClient, q: str = "") -> int:
    answer = await client.get("/logs/facets", params={"q": q})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["total"])


async def test_a_published_batch_is_found_counted_and_grouped(service: Service) -> None:
    start = datetime.now(UTC) - timedelta(minutes=30)
    await service.publish(numbered(0, 50, start))
    await service.publish(table([entry("payment failed", start, severity="error", attributes={"a": 1})]))
    async with service.of_project() as client:

        async def all_there() -> bool:
            return await total(client) == 51

        await wait_until(all_there)

        page = (await client.get("/logs", params={"q": "severity:error", "since": "1h"})).json()
        assert [item["message"] for item in page["items"]] == ["payment failed"]
        assert page["items"][0]["attributes"] == {"a": 1}
        assert (page["partial"], page["next_cursor"], page["hints"]) == (False, None, [])
        page_with_hint = (await client.get("/logs", params={"q": "payment and failed"})).json()
        assert page_with_hint["items"] == []
        assert page_with_hint["hints"] == [
            "'and' is searched as a word; write AND, or a space, to find logs with both terms"
        ]
        histogram = (await client.get("/logs/histogram", params={"since": "1h", "interval": 60})).json()
        assert sum(item["count"] for item in histogram["items"]) == histogram["total"] == 51
        assert sum(item["groups"].get("error", 0) for item in histogram["items"]) == 1
        patterns = (await client.get("/logs/patterns", params={"since": "1h"})).json()
        assert [(item["pattern"], item["count"], item["new"]) for item in patterns["items"]] == [
            ("line <*>", 50, True),
            ("payment failed", 1, True),
        ]
        old = (await client.get("/logs/patterns", params={"new_since": "1m", "only_new": True})).json()
        assert old["items"] == []
        none = await client.get("/logs/patterns", params={"q": "severity:debug", "only_new": True})
        assert (none.status_code, none.json()["items"]) == (200, [])
        log_id = page["items"][0]["id"]
        context = (await client.get(f"/logs/{log_id}/context", params={"before": 1, "after": 2})).json()
        around = [item["message"] for item in [*context["before"], context["log"], *context["after"]]]
        assert around in (["line 0", "payment failed", "line 1", "line 2"], ["payment failed", "line 0", "line 1"])


async def test_patterns_that_differ_in_a_value_are_one_which_a_search_finds(service: Service) -> None:
    start = datetime.now(UTC) - timedelta(minutes=30)
    names = ["anna", "bert", "carl", "dora", "emil", "frida"]
    rows = [*(f"it was {name} in room {i}" for i, name in enumerate(names)), "it was all", "nobody came"]
    await service.publish(table([entry(text, start, service_id=f"s{i % 2}") for i, text in enumerate(rows)]))
    template = "it was <*> in room <*>"
    async with service.of_project() as client:

        async def listed() -> list[dict[str, Any]]:
            found = (await client.get("/logs/patterns", params={"since": "1h"})).json()
            assert (found["total"], found["distinct"]) in ((8, 3), (0, 0))
            items: list[dict[str, Any]] = found["items"]
            return items

        async def all_there() -> bool:
            return len(await listed()) == 3

        await wait_until(all_there)
        first, *rest = await listed()
        assert (first["pattern"], first["count"], first["merged"]) == (template, 6, 6)
        assert (first["services"], first["new"], len(first["id"])) == (["s0", "s1"], True, 32)
        assert [(item["count"], item["merged"]) for item in rest] == [(1, 1), (1, 1)]
        new = (await client.get("/logs/patterns", params={"new_since": "1h", "only_new": True})).json()
        assert [item["id"] for item in new["items"]] == [item["id"] for item in [first, *rest]]
        assert (await client.get("/logs/patterns", params={"new_since": "1m", "only_new": True})).json()[
            "items"
        ] == []

        assert await total(client, f'pattern:"{template}"') == 6
        assert await total(client, f'-pattern:"{template}"') == 2
        assert await total(client, 'pattern:"it was bert in room <*>"') == 1
        assert await total(client, 'pattern:"it was bert in <*> <*>"') == 1, (
            "a pattern that fits is found, although the text is not a template"
        )
        page = (await client.get("/logs", params={"q": f'pattern:"{template}"', "limit": 10})).json()
        assert len(page["items"]) == 6
        export = await client.get("/logs/export", params={"q": f'pattern:"{template}"', "format": "ndjson"})
        assert len(export.text.splitlines()) == 6

        guessed = {"q": 'pattern:"it was <*> in <*> <*>"'}
        assert (await client.request("DELETE", "/logs", params=guessed)).json()["deleted"] == 0
        named = {"q": f'pattern:"{template}"'}
        assert (await client.request("DELETE", "/logs", params=named)).json()["deleted"] == 6


async def test_logs_are_counted_by_attributes_that_a_list_names(service: Service) -> None:
    start = datetime.now(UTC) - timedelta(minutes=30)
    attributes: list[Any] = [{"http": {"status": 502}, "tags": ["b", "a"]}, {"http.status": 502.0}, {"x": None}, None]
    await service.publish(table([entry(f"m{i}", start, attributes=each) for i, each in enumerate(attributes)]))
    async with service.of_project() as client:

        async def all_there() -> bool:
            return await total(client) == len(attributes)

        await wait_until(all_there)

        names = (await client.get("/logs/attributes", params={"since": "1h"})).json()
        assert names["items"] == [{"name": "http.status", "count": 2}, {"name": "tags", "count": 1}]
        assert (names["logs"], names["exact"], names["partial"]) == (4, True, False)
        first = (await client.get("/logs/attributes", params={"limit": 1})).json()["items"]
        assert [item["name"] for item in first] == ["http.status"]
        fields = ["attributes.http.status", "attributes.tags", "source"]
        facets = (await client.get("/logs/facets", params={"fields": fields, "since": "1h"})).json()
        assert facets["fields"] == {
            "attributes.http.status": [{"value": None, "count": 2}, {"value": "502", "count": 2}],
            "attributes.tags": [{"value": None, "count": 3}, {"value": "b", "count": 1}],
            "source": [{"value": None, "count": 4}],
        }
        assert facets["total"] == 4
        many = [f"attributes.a{i}" for i in range(11)]
        for wrong in ({"fields": "message"}, {"fields": "attributes."}, {"fields": many}, {"fields": "a" * 500}):
            assert (await client.get("/logs/facets", params=wrong)).status_code == 422, wrong
        deep = await client.get("/logs/facets", params={"fields": "attributes" + ".a" * 30})
        assert deep.json()["errors"][0]["field"] == "fields"


async def test_the_context_of_a_log_is_partial_when_a_limit_is_reached(service: Service) -> None:
    async with service.of_project() as client:
        for i in range(3):
            await service.publish(numbered(i * 10, 10, NOON + timedelta(seconds=i)))
            stored = 10 * (i + 1)

            async def all_there(stored: int = stored) -> bool:
                return await total(client) == stored

            await wait_until(all_there)
        newest = (await client.get("/logs", params={"limit": 1})).json()["items"][0]
        around = f"/logs/{newest['id']}/context"

        assert isinstance(service.app.parts, QueryServices)
        search = service.app.parts.logs.search
        usual, search.limits = search.limits, SearchLimits(max_bytes=1)
        cut = (await client.get(around)).json()
        search.limits = usual
        whole = (await client.get(around)).json()  # what was found before the limit is remembered, but no limit

    assert (len(whole["before"]), whole["partial"]) == (20, False)
    assert (len(cut["before"]) < 20, cut["partial"]) == (True, True)


async def test_changes_and_deletions_of_logs_are_in_the_audit_trail(service: Service) -> None:
    await service.publish(numbered(0, 2))
    async with service.of_project() as client, service.of_project("bank") as stranger:

        async def there() -> bool:
            return await total(client) == 2

        await wait_until(there)
        log_id = (await client.get("/logs")).json()["items"][0]["id"]

        assert (await client.get(f"/logs/{log_id}")).json()["message"] == "line 1"
        changed = await client.patch(f"/logs/{log_id}", json={"severity": "error", "attributes": {"ticket": "S-1"}})
        assert (changed.json()["severity"], changed.json()["attributes"]) == ("error", {"ticket": "S-1"})
        for wrong in (
            '{"severity": "loud"}',
            '{"message": null}',
            '{"nope": 1}',
            '{"project_id": "bank"}',
            "{}",
            '{"message": "\\ud800"}',
            '{"attributes": {"a": NaN}}',
            '{"attributes": {"\\ud800": 1}}',
            '{"timestamp": "0001-01-01T00:00:00+23:00"}',
        ):
            answer = await client.patch(
                f"/logs/{log_id}", content=wrong, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code == 422, wrong
        for answer in (
            await stranger.get(f"/logs/{log_id}"),
            await stranger.patch(f"/logs/{log_id}", json={"message": "x"}),
            await stranger.delete(f"/logs/{log_id}"),
            await client.get("/logs/nonsense"),
            await client.get("/logs", params={"project_id": "bank"}),
        ):
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
        assert (await client.delete(f"/logs/{log_id}")).status_code == 204
        assert (await client.get(f"/logs/{log_id}")).status_code == 404
        for nothing in ({}, {"since": " "}, {"q": " ", "since": "", "until": "\t"}):
            assert (await client.delete("/logs", params=nothing)).status_code == 422
        assert (await client.delete("/logs", params={"q": "line"})).json() == {"deleted": 1}
        assert await total(client) == 0
    audit = [item["action"] async for item in service.app.resources.database["audit"].find({}).sort("_id")]
    assert [action for action in audit if action.startswith("log")] == ["log.update", "log.delete", "logs.delete"]


async def test_an_invalid_search_is_a_422_with_the_position(service: Service) -> None:
    async with service.of_project() as client:
        for path in ("/logs", "/logs/histogram", "/logs/facets", "/logs/patterns", "/logs/tail", "/logs/export"):
            answer = await client.get(path, params={"q": "ok /a(b/"})
            assert answer.status_code == 422, path
            assert answer.json()["errors"][0]["position"] == 4
        for wrong in ({"since": "yesterday"}, {"cursor": "x"}, {"limit": 0}, {"order": "up"}):
            assert (await client.get("/logs", params=wrong)).status_code == 422


async def test_an_invalid_batch_is_dead_lettered_with_its_reason(service: Service) -> None:
    await service.publish(None, body=b"no batch")
    await service.publish(numbered(0, 1))
    async with service.of_project() as client:

        async def stored() -> bool:
            return await total(client) == 1

        await wait_until(stored)

    async def dead() -> list[str]:
        letters = await service.app.resources.dead_letters.list(10)
        return [f"{letter.queue} {letter.reason}" for letter in letters.items]

    assert await wait_until(dead) == [f"{QUERY_LOGS.name} bad_batch"]


async def test_a_tail_sends_arriving_logs_and_a_closing_event(service: Service) -> None:
    errors = {"q": "severity:error"}
    async with service.of_project() as client, client.stream("GET", "/logs/tail", params=errors) as tail:
        assert tail.headers["content-type"].startswith("text/event-stream")
        lines = tail.aiter_lines()
        assert await anext(lines) == ": hello"
        assert "event: ready" in [line async for line in _until(lines, "data:")]
        await service.publish(table([entry("quiet"), entry("loud", severity="error")]))
        data = [line async for line in _until(lines, "data:")][-1]
        assert [item["message"] for item in json.loads(data[5:])["items"]] == ["loud"]
        service.app.resources.stopping.set()
        assert [line async for line in lines if line] == ["event: bye", 'data: {"reason":"stopping"}']


async def test_a_tail_has_each_log_that_was_accepted_while_it_opened_once_and_resumes_after_an_event(
    service: Service,
) -> None:
    messages: list[str] = []
    event_id = ""

    async def read(client: httpx.AsyncClient, enough: set[str], last_event_id: str) -> None:
        nonlocal event_id
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        async with client.stream("GET", "/logs/tail", headers=headers) as tail:
            async for line in tail.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    event_id = value
                if name == "data":
                    messages.extend(item["message"] for item in json.loads(value).get("items", []))
                if enough <= {*messages}:
                    return

    async with service.of_project() as client:
        await service.publish(table([entry("old", datetime.now(UTC) - timedelta(minutes=1))]))
        await service.publish(table([entry("before", datetime.now(UTC))]))
        await read(client, {"before"}, "")
        first, messages[:] = [*messages], []
        await service.publish(table([entry("between", datetime.now(UTC))]))
        await read(client, {"between"}, event_id)

    assert first == ["before"]
    assert sorted({*messages} - {"before"}) == ["between"]
    assert len(messages) == len({*messages})


async def _until(lines: AsyncIterator[str], start: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line.startswith(start):
            return


@pytest.mark.parametrize("kind", ["ndjson", "csv", "parquet", "arrow"])
async def test_an_export_is_a_download(service: Service, kind: str) -> None:
    await service.publish(numbered(0, 3))
    async with service.of_project() as client:

        async def there() -> bool:
            return await total(client) == 3

        await wait_until(there)
        answer = await client.get("/logs/export", params={"format": kind})

    assert answer.status_code == 200
    assert "shop-logs." in answer.headers["content-disposition"]
    assert len(answer.content) > 100


async def test_redelivered_messages_are_stored_once(service: Service) -> None:
    batches = [numbered(i * 10, 10) for i in range(5)]
    for _ in range(4):
        await asyncio.gather(*(service.publish(batch) for batch in batches))
    await service.publish(table([entry("the last")]))
    async with service.of_project() as client:

        async def last_is_there() -> bool:
            return await total(client, '"the last"') == 1 and await total(client) == 51

        await wait_until(last_is_there)
        items = (await client.get("/logs", params={"q": "line", "limit": 1000})).json()["items"]
        assert sorted(int(item["message"][5:]) for item in items) == list(range(50))
