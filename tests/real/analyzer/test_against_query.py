"""The analyzer with the real query: stored logs, saved settings, and analyses requested over HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pyarrow as pa
import pytest
import uvicorn
from logloop.plain_http import WITHOUT_TLS
from logloop_analyzer.app import create_app
from logloop_chassis.testing import wait_until
from logloop_contracts.channels import HEADER_COUNT, HEADER_PROJECT, HEADER_SCHEMA, LOGS_EXCHANGE
from logloop_contracts.log_batch import LOG_SCHEMA, SCHEMA_VERSION, encode, new_batch_id
from logloop_query.app import create_app as create_query
from logloop_query.settings import QuerySettings
from pydantic import SecretStr

from tests.fakes.incidents import LENGTH, START, incident
from tests.fakes.llm import FakeLlm
from tests.fakes.query_api import is_ready
from tests.infra import fresh_database
from tests.real.analyzer.harness import SECRET_KEY, settings_for


@dataclass
class Platform:
    """Query and analyzer, with a recent incident stored in project shop."""

    api: httpx.AsyncClient
    llm: FakeLlm
    since: datetime

    async def analyse(self, **more: Any) -> dict[str, Any]:
        """Request an analysis of the incident's window and wait for its end."""
        scope = {"since": self.since.isoformat(), "until": (self.since + LENGTH).isoformat()}
        asked = await self.api.post("/api/v1/logs/analyses", json={"project_id": "shop", **scope, **more})
        assert asked.status_code == 202, asked.text
        return await self.finished(asked.json()["id"])

    async def finished(self, analysis_id: str) -> dict[str, Any]:
        """Wait until an analysis is final and return it."""

        async def final() -> dict[str, Any]:
            found: dict[str, Any] = (await self.api.get(f"/api/v1/logs/analyses/{analysis_id}")).json()
            return found if found["status"] not in {"queued", "running"} else {}

        return await wait_until(final, timeout_s=60)


def _batch(table: pa.Table, shift: timedelta) -> bytes:
    us = int(shift.total_seconds() * 1_000_000)
    times = table["timestamp"].cast(pa.int64()).to_pylist()
    columns: dict[str, Any] = {name: table[name] for name in LOG_SCHEMA.names if name in table.column_names}
    columns["batch"] = pa.array([new_batch_id()] * table.num_rows).dictionary_encode()
    columns["row"] = pa.array(range(table.num_rows), pa.int32())
    columns["timestamp"] = pa.array([time + us for time in times], LOG_SCHEMA.field("timestamp").type)
    return encode(pa.table([_one(columns[name]) for name in LOG_SCHEMA.names], schema=LOG_SCHEMA))


def _one(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


@contextlib.asynccontextmanager
async def _query(amqp_url: str, mongo_url: str, database: str) -> AsyncIterator[tuple[Any, str]]:
    settings = QuerySettings(
        amqp_url=SecretStr(amqp_url),
        mongo_url=SecretStr(mongo_url),
        mongo_database=database,
        secret_key=SecretStr(SECRET_KEY),
        no_auth=True,
    )
    app = create_query(settings)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    serving = asyncio.create_task(server.serve())
    await wait_until(lambda: server.started, timeout_s=60)
    try:
        yield app, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        app.stopping.set()
        server.should_exit = True
        await serving


@pytest.fixture
async def platform(emptied_amqp_url: str, mongo_url: str) -> AsyncIterator[Platform]:
    case, database = incident("timeout_cascade"), fresh_database()
    async with _query(emptied_amqp_url, mongo_url, database) as (query, url), FakeLlm() as llm:
        analyzer = create_app(settings_for(emptied_amqp_url, mongo_url, url, mongo_database=database))
        async with (
            analyzer.router.lifespan_context(analyzer),
            httpx.AsyncClient(base_url=url, trust_env=False, verify=WITHOUT_TLS, timeout=30) as api,
            httpx.AsyncClient(transport=httpx.ASGITransport(analyzer), base_url="http://127.0.0.1") as own,
        ):
            await wait_until(lambda: is_ready(own), timeout_s=60)
            await wait_until(lambda: is_ready(api), timeout_s=60)
            created = await api.post("/api/v1/projects", json={"id": "shop", "name": "Shop"})
            assert created.status_code == 201, created.text
            since = datetime.now(UTC).replace(microsecond=0) - LENGTH - timedelta(minutes=1)
            for table in (case.baseline, case.window):
                await query.resources.publisher.publish_bytes(
                    LOGS_EXCHANGE.name,
                    "shop",
                    _batch(table, since - START),
                    headers={
                        HEADER_PROJECT: "shop",
                        HEADER_COUNT: table.num_rows,
                        HEADER_SCHEMA: SCHEMA_VERSION,
                    },
                    message_id=new_batch_id(),
                    content_type="application/vnd.apache.arrow.stream",
                )
            wanted = case.window.num_rows + case.baseline.num_rows
            await wait_until(lambda: _stored(api, wanted), timeout_s=60)
            yield Platform(api, llm, since)


async def _stored(api: httpx.AsyncClient, wanted: int) -> bool:
    answer = await api.get("/api/v1/logs/export", params={"project_id": "shop", "since": "2h"})
    return answer.text.count("\n") == wanted


async def test_an_analysis_is_measured_stored_and_answers_a_follow_up(platform: Platform) -> None:
    done = await platform.analyse(question="Why do orders fail?")
    assert done["status"] == "completed", done
    report = done["report"]
    assert report["mode"] == "deterministic"
    assert (report["baseline"]["kind"], report["baseline"]["reason"]) == ("before", None)
    assert report["findings"][0]["service_id"] == "orders-db"
    cited = await platform.api.get(f"/api/v1/logs/{report['findings'][0]['evidence'][0]}")
    assert cited.status_code == 200, cited.text
    assert "statement timeout" in cited.json()["message"]
    asked = await platform.api.post(
        f"/api/v1/logs/analyses/{done['id']}/messages", json={"text": "What about the gateway?"}
    )
    assert asked.status_code == 202, asked.text
    replied = await platform.finished(done["id"])
    assert [message["role"] for message in replied["messages"]] == ["user", "assistant"]
    assert "[log:" in replied["messages"][1]["text"]
    assert replied["report"]["findings"] == report["findings"]


async def test_findings_name_the_templates_that_people_have_made(platform: Platform) -> None:
    before = (await platform.analyse())["report"]["findings"][0]["pattern"]
    first = before.split(" ")[0]
    edit = {"project_id": "shop", "template": f"{first} <*>", "action": "merge"}
    saved = await platform.api.put("/api/v1/pattern-edits", json=edit)
    assert saved.status_code == 200, saved.text
    found = (await platform.analyse())["report"]["findings"]
    assert before != edit["template"]
    assert edit["template"] in [item["pattern"] for item in found]


async def test_a_saved_provider_cites_lines_that_query_stores(platform: Platform) -> None:
    saved = await platform.api.put(
        "/api/v1/settings/llm",
        params={"project_id": "shop"},
        json={
            "provider": "openai-compatible",
            "model": "test-model",
            "base_url": platform.llm.url(),
            "api_key": "sk-canary-0123456789",
        },
    )
    assert saved.status_code == 200, saved.text
    done = await platform.analyse(q="severity:error")
    assert done["report"]["mode"] == "model", done
    for claim in done["report"]["claims"]:
        for log_id in claim["citations"]:
            assert (await platform.api.get(f"/api/v1/logs/{log_id}")).status_code == 200


async def test_an_analysis_streams_its_steps(platform: Platform) -> None:
    done = await platform.analyse()
    async with platform.api.stream("GET", f"/api/v1/logs/analyses/{done['id']}/events") as answer:
        text = (await answer.aread()).decode()
    for word in ('"stage":"started"', '"stage":"reading"', '"finding":{', "event: completed", "event: bye"):
        assert word in text
