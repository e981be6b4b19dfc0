"""Every error is a problem document that says what to do and shows no insides."""

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

    @app.get("/away", responses=problem_responses(503))
    async def away() -> None:
        raise Unavailable("RabbitMQ is unavailable; try again", retry_after=7)

    @app.get("/crash")
    async def crash() -> None:
        raise ValueError("secret insides")

    @app.post("/count")
    async def count(body: Body) -> Body:
        return body

    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://t")


async def test_a_problem_has_its_media_type_status_and_headers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/away")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json()["detail"] == "RabbitMQ is unavailable; try again"


async def test_wrong_values_name_their_field_without_repeating_them(client: httpx.AsyncClient) -> None:
    answer = await client.post("/count", json={"count": "hunter2"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.count"
    assert "hunter2" not in answer.text


async def test_a_crash_shows_no_insides(client: httpx.AsyncClient) -> None:
    answer = await client.get("/crash")
    assert answer.status_code == 500
    assert "secret insides" not in answer.text


async def test_an_unknown_path_is_a_problem_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nope")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == "no endpoint at /nope; /docs lists all endpoints"


async def test_a_wrong_method_is_told_the_right_one(client: httpx.AsyncClient) -> None:
    answer = await client.put("/count")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["detail"] == "PUT is not allowed here; use POST"


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_over_the_limit_is_a_problem_too(client: httpx.AsyncClient, declared: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b" " * 2000

    answer = await client.post("/count", content=b" " * 2000 if declared else pieces())
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert "send less" in answer.json()["detail"]


def test_extra_members_are_part_of_the_document() -> None:
    assert Problem("x", limit=5).document()["limit"] == 5


async def test_a_body_that_is_no_text_is_told_so_and_documented(client: httpx.AsyncClient) -> None:
    answer = await client.post("/count", content=b"\x80abc", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["title"]) == (400, "Bad request")
    answers = (await client.get("/openapi.json")).json()["paths"]["/count"]["post"]["responses"]
    assert set(answers["400"]["content"]) == set(answers["422"]["content"]) == {"application/problem+json"}
