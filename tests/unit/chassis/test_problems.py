"""Every error is a problem document that says what to do and reveals no internals."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from logloop_chassis.http.body_limit import BodyLimit
from logloop_chassis.http.problems import Problem, Unavailable, problem_responses, register_problems
from pydantic import BaseModel


class Body(BaseModel):
    count: int


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI()
    register_problems(app)
    app.add_middleware(BodyLimit, max_bytes=1000)

    @app.get("/unavailable", responses=problem_responses(503))
    async def unavailable() -> None:
        raise Unavailable("RabbitMQ is unavailable; try again", retry_after=7)

    @app.get("/crash")
    async def crash() -> None:
        raise ValueError("secret internals")

    @app.post("/count")
    async def count(body: Body) -> Body:
        return body

    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://t")


async def test_a_problem_has_its_media_type_status_and_headers(client: httpx.AsyncClient) -> None:
    response = await client.get("/unavailable")
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, response.headers["retry-after"]) == (503, "7")
    assert response.json()["detail"] == "RabbitMQ is unavailable; try again"


async def test_a_validation_error_names_the_field_without_its_value(client: httpx.AsyncClient) -> None:
    response = await client.post("/count", json={"count": "hunter2"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "body.count"
    assert "hunter2" not in response.text


async def test_a_crash_reveals_no_internals(client: httpx.AsyncClient) -> None:
    response = await client.get("/crash")
    assert response.status_code == 500
    assert "secret internals" not in response.text


async def test_an_unknown_path_returns_a_problem(client: httpx.AsyncClient) -> None:
    response = await client.get("/nope")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert response.json()["detail"] == "no endpoint at /nope; /docs lists all endpoints"


async def test_a_wrong_method_returns_the_allowed_one(client: httpx.AsyncClient) -> None:
    response = await client.put("/count")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.json()["detail"] == "PUT is not allowed here; use POST"


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_over_the_limit_returns_a_problem(client: httpx.AsyncClient, declared: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b" " * 2000

    response = await client.post("/count", content=b" " * 2000 if declared else chunks())
    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")
    assert "send less" in response.json()["detail"]


def test_extra_members_are_part_of_the_document() -> None:
    assert Problem("x", limit=5).document()["limit"] == 5


async def test_an_undecodable_body_returns_a_documented_problem(client: httpx.AsyncClient) -> None:
    response = await client.post("/count", content=b"\x80abc", headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["title"]) == (400, "Bad request")
    responses = (await client.get("/openapi.json")).json()["paths"]["/count"]["post"]["responses"]
    assert set(responses["400"]["content"]) == set(responses["422"]["content"]) == {"application/problem+json"}
