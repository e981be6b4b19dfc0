"""The Swagger UI page loads only local files and works under a strict policy."""

import re
from collections.abc import AsyncIterator

import pytest

from tests.infra import Infra
from tests.real.query.records_app import Running, running


@pytest.fixture
async def query(infra: Infra, amqp_url: str) -> AsyncIterator[Running]:
    async with running(amqp_url, infra.mongo_url) as app:
        yield app


async def test_the_page_loads_only_local_files(query: Running) -> None:
    client = query.client()
    page = await client.get("/docs")

    references = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    files = [reference for reference in references if reference.startswith("/docs/assets/")]
    assert len(files) == 4
    assert [item for item in references if item.startswith(("http", "//"))] == []
    for file in files:
        answer = await client.get(file)
        assert (answer.status_code, answer.headers["x-content-type-options"]) == (200, "nosniff")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


async def test_the_drop_down_offers_every_service(query: Running) -> None:
    client = query.client()
    page = await client.get("/docs")

    offered = re.findall(r'<option value="([^"]+)"', page.text)

    assert set(offered) == {"query", "ingest", "analyzer", "ci-bridge"}
    assert (await client.get("/api/v1/openapi/query.json")).json()["info"]["title"] == "Logloop query"


async def test_an_unreachable_service_is_a_bad_gateway_and_an_unknown_one_is_a_422(
    infra: Infra, amqp_url: str
) -> None:
    async with running(amqp_url, infra.mongo_url, ingest_url="http://127.0.0.1:9") as query:
        away = await query.client().get("/api/v1/openapi/ingest.json")
    unknown = await query.client().get("/api/v1/openapi/etc.json")

    assert (away.status_code, unknown.status_code) == (502, 422)
    assert away.headers["content-type"] == "application/problem+json"


async def test_no_other_file_is_served(query: Running) -> None:
    names = ("docs.py", "../docs.py", "..%2fdocs.py", "index.html")

    answers = [await query.client().get(f"/docs/assets/{name}") for name in names]

    assert [answer.status_code for answer in answers] == [404] * len(names)


async def test_internal_routes_are_in_no_document(query: Running) -> None:
    paths = (await query.client().get("/openapi.json")).json()["paths"]

    assert [path for path in paths if "internal" in path] == []
