"""Provider settings: sealed at rest, never returned, not to be redirected, and tested in the provider's words."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn
from bson import encode
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from logloop_chassis.crypto import issue_service_token
from logloop_chassis.testing import wait_until

from tests.infra import Infra
from tests.real.query.records_app import SECRET_KEY, Running, make_key, make_project, running

LLM, GITHUB = "/api/v1/settings/llm", "/api/v1/settings/github"
KEY = "sk-very-secret-provider-key-4711"
OPENAI = {"provider": "openai", "model": "gpt-5-mini"}


@pytest.fixture
async def query(infra: Infra, amqp_url: str) -> AsyncIterator[Running]:
    async with running(amqp_url, infra.mongo_url) as app:
        yield app


@pytest.fixture
async def admin(query: Running) -> httpx.AsyncClient:
    client = await query.signed_in()
    await make_project(client, "shop")
    return client


def _as_service(query: Running, project_id: str | None) -> httpx.AsyncClient:
    return query.with_key(issue_service_token(SECRET_KEY, "analyzer", project_id))


async def test_a_key_goes_in_and_only_other_services_get_it_out(query: Running, admin: httpx.AsyncClient) -> None:
    put = await admin.put(f"{LLM}?project_id=shop", json={**OPENAI, "api_key": KEY})
    read = await admin.get("/api/v1/settings?project_id=shop")
    internal = await _as_service(query, "shop").get("/internal/settings/llm?project_id=shop")

    assert (put.json()["has_api_key"], put.json()["api_key_last4"]) == (True, "4711")
    assert KEY not in put.text + read.text
    assert internal.json()["api_key"] == KEY
    assert internal.headers["cache-control"] == "no-store"


async def test_the_raw_database_holds_no_credential(query: Running, admin: httpx.AsyncClient) -> None:
    secrets = {"token": "ghp_token_0123456789", "private_key": "PEM-PRIVATE-KEY", "webhook_secret": "hook-secret-x"}
    await admin.put(f"{LLM}?project_id=shop", json={**OPENAI, "api_key": KEY})
    await admin.put(f"{GITHUB}?project_id=shop", json={"app_id": "1", **secrets})

    database = query.resources.database
    stored = [await database[name].find().to_list() for name in await database.list_collection_names()]
    raw = b"".join(encode(document) for documents in stored for document in documents)

    assert b"v1:" in raw
    assert [secret for secret in (KEY, *secrets.values()) if secret.encode() in raw] == []


async def test_a_sealed_key_moved_to_another_project_cannot_be_opened(
    query: Running, admin: httpx.AsyncClient
) -> None:
    await make_project(admin, "thief")
    for project, key in (("shop", KEY), ("thief", "sk-another-key-of-the-thief")):
        await admin.put(f"{LLM}?project_id={project}", json={**OPENAI, "api_key": key})
    settings = query.resources.database["settings"]
    stolen = await settings.find_one({"_id": "llm/shop"})
    assert stolen is not None
    await settings.update_one({"_id": "llm/thief"}, {"$set": {"sealed": stolen["sealed"]}})

    answer = await _as_service(query, "thief").get("/internal/settings/llm?project_id=thief")

    assert answer.status_code == 409
    assert KEY not in answer.text


async def test_nobody_but_a_service_of_that_project_gets_secrets(query: Running, admin: httpx.AsyncClient) -> None:
    await admin.put(f"{LLM}?project_id=shop", json={**OPENAI, "api_key": KEY})
    callers = {
        "administrator": admin,
        "key of all": query.with_key(await make_key(admin, None, "admin")),
        "service of another project": _as_service(query, "other"),
        "nobody": query.client(),
    }

    answers = {who: await caller.get("/internal/settings/llm?project_id=shop") for who, caller in callers.items()}

    assert {who: answer.status_code for who, answer in answers.items()} == {
        "administrator": 404,
        "key of all": 404,
        "service of another project": 404,
        "nobody": 401,
    }
    assert not any(KEY in answer.text for answer in answers.values())


async def test_a_project_uses_the_default_until_it_has_settings_of_its_own(
    query: Running, admin: httpx.AsyncClient
) -> None:
    async def source() -> tuple[str, str]:
        found = (await _as_service(query, None).get("/internal/settings/llm?project_id=shop")).json()
        return found["source"], found["provider"]

    nothing = await source()
    await admin.put(LLM, json={**OPENAI, "api_key": KEY})
    default = await source()
    await admin.put(f"{LLM}?project_id=shop", json={"provider": "none"})
    own = await source()
    await admin.delete(f"{LLM}?project_id=shop")

    assert [nothing, default, own, await source()] == [
        ("none", "none"),
        ("default", "openai"),
        ("project", "none"),
        ("default", "openai"),
    ]


async def test_a_key_that_is_left_out_stays_and_null_removes_it(admin: httpx.AsyncClient) -> None:
    local = {"provider": "ollama", "model": "llama3"}
    await admin.put(LLM, json={**local, "api_key": KEY})

    kept = await admin.put(LLM, json={**local, "model": "gemma3"})
    removed = await admin.put(LLM, json={**local, "api_key": None})

    assert (kept.json()["has_api_key"], removed.json()["has_api_key"]) == (True, False)


async def test_a_stored_key_is_not_sent_to_a_new_address(admin: httpx.AsyncClient) -> None:
    for change in (
        {"base_url": "https://evil.example/v1"},
        {"provider": "openai-compatible", "base_url": "https://other.example/v1"},
    ):
        await admin.put(LLM, json={**OPENAI, "api_key": KEY})

        redirected = await admin.put(LLM, json={**OPENAI, **change})
        entered_again = await admin.put(LLM, json={**OPENAI, **change, "api_key": KEY})

        assert redirected.status_code == 422
        assert "again" in redirected.json()["detail"]
        assert entered_again.status_code == 200


async def test_settings_that_cannot_or_must_not_work_are_refused(admin: httpx.AsyncClient) -> None:
    own = {"provider": "openai-compatible", "model": "x"}
    wrong: list[dict[str, Any]] = [
        {"provider": "openai", "model": "x"},
        {"provider": "openai"},
        own,
        {**own, "base_url": "http://169.254.169.254/latest"},
        {**own, "base_url": "http://10.0.0.8/v1"},
        {**own, "base_url": "http://[::ffff:10.0.0.8]/v1"},
        {**own, "base_url": "http://user:pw@llm.example/v1"},
        {**own, "base_url": "file:///etc/passwd"},
        {**own, "base_url": "http://8.8.8.8/v1"},
    ]

    answers = [await admin.put(LLM, json=body) for body in wrong]

    assert [answer.status_code for answer in answers] == [422] * len(wrong)


@contextlib.asynccontextmanager
async def provider() -> AsyncIterator[str]:
    """A provider on loopback: accepts KEY, says so otherwise."""
    app = FastAPI()

    @app.get("/v1/models")
    async def models(request: Request) -> JSONResponse:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            told = request.headers.get("authorization", "")
            return JSONResponse({"error": {"message": f"Incorrect API key: {told}"}}, status_code=401)
        return JSONResponse({"data": [{"id": "small"}, {"id": "large"}]})

    @app.get("/redirect/models")
    async def redirect() -> JSONResponse:
        return JSONResponse({}, status_code=307, headers={"Location": "http://169.254.169.254/"})

    @app.get("/repos/acme/shop")
    async def repository(request: Request) -> JSONResponse:
        if request.headers.get("authorization") != "Bearer ghp_good_0123456789":
            return JSONResponse({"message": "Bad credentials"}, status_code=401)
        return JSONResponse({"full_name": "acme/shop"})

    @app.get("/app/installations/7")
    async def installation(request: Request) -> JSONResponse:
        head, body, _ = request.headers["authorization"].removeprefix("Bearer ").split(".")
        return JSONResponse({"app_slug": f"{len(head) > 0 and len(body) > 0}"})

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await wait_until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def test_a_test_of_the_provider_passes_on_its_own_words(admin: httpx.AsyncClient) -> None:
    async with provider() as url:
        body = {"provider": "openai-compatible", "model": "large", "base_url": f"{url}/v1"}
        await admin.put(LLM, json={**body, "api_key": KEY})
        good = (await admin.post(f"{LLM}/test")).json()
        await admin.put(LLM, json={**body, "model": "huge"})
        unknown = (await admin.post(f"{LLM}/test")).json()
        await admin.put(LLM, json={**body, "api_key": "sk-a-wrong-key"})
        wrong = (await admin.post(f"{LLM}/test")).json()
        await admin.put(LLM, json={**body, "base_url": f"{url}/redirect", "api_key": KEY})
        redirected = (await admin.post(f"{LLM}/test")).json()
    away = (await admin.post(f"{LLM}/test")).json()

    assert (good["ok"], good["models"]) == (True, ["small", "large"])
    assert (unknown["ok"], unknown["detail"]) == (
        False,
        "the credentials work, but the provider lists no model 'huge'",
    )
    assert (wrong["status"], wrong["detail"]) == (401, "Incorrect API key: Bearer ***")
    assert (redirected["ok"], redirected["status"]) == (False, 307)
    assert (away["ok"], away["status"]) == (False, None)
    assert "no answer from 127.0.0.1" in away["detail"]


async def test_a_test_of_github_passes_on_its_own_words(admin: httpx.AsyncClient) -> None:
    async with provider() as url:
        body = {"api_url": url, "default_repository": "acme/shop"}
        await admin.put(GITHUB, json=body)
        nothing = (await admin.post(f"{GITHUB}/test")).json()
        await admin.put(GITHUB, json={**body, "token": "ghp_bad_0123456789"})
        bad = (await admin.post(f"{GITHUB}/test")).json()
        await admin.put(GITHUB, json={**body, "token": "ghp_good_0123456789"})
        good = (await admin.post(f"{GITHUB}/test")).json()
        as_app = {**body, "token": None, "app_id": "12", "installation_id": "7"}
        await admin.put(GITHUB, json={**as_app, "private_key": _pem()})
        app = (await admin.post(f"{GITHUB}/test")).json()
        await admin.put(GITHUB, json={**as_app, "private_key": "no key"})
        no_key = (await admin.post(f"{GITHUB}/test")).json()

    assert (nothing["ok"], bad["detail"], bad["status"]) == (False, "Bad credentials", 401)
    assert (good["ok"], good["detail"]) == (True, "GitHub accepts acme/shop")
    assert app["ok"] is True
    assert "PEM" in no_key["detail"]


def _pem() -> str:
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
