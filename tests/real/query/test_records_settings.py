"""Provider settings: sealed at rest, never returned, bound to their address, and tested by the other services."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from bson import encode
from logloop_chassis.crypto import ServiceClaim, issue_service_token

from tests.infra import Infra
from tests.real.query.fake_checks import FakeChecks, fake_checks
from tests.real.query.records_app import SECRET_KEY, Running, make_key, make_project, running

LLM, GITHUB = "/api/v1/settings/llm", "/api/v1/settings/github"
KEY = "sk-very-secret-provider-key-4711"
OPENAI = {"provider": "openai", "model": "gpt-5-mini"}


@pytest.fixture
async def checks() -> AsyncIterator[FakeChecks]:
    async with fake_checks() as fake:
        yield fake


@pytest.fixture
async def query(infra: Infra, amqp_url: str, checks: FakeChecks) -> AsyncIterator[Running]:
    async with running(amqp_url, infra.mongo_url, analyzer_url=checks.url, ci_bridge_url=checks.url) as app:
        yield app


@pytest.fixture
async def admin(query: Running) -> httpx.AsyncClient:
    client = await query.signed_in()
    await make_project(client, "shop")
    return client


def _as_service(query: Running, project_id: str | None) -> httpx.AsyncClient:
    return query.with_key(issue_service_token(SECRET_KEY, "analyzer", project_id))


async def test_a_stored_key_is_returned_only_to_other_services(query: Running, admin: httpx.AsyncClient) -> None:
    put = await admin.put(f"{LLM}?project_id=shop", json={**OPENAI, "api_key": KEY})
    read = await admin.get("/api/v1/settings?project_id=shop")
    internal = await _as_service(query, "shop").get("/internal/settings/llm?project_id=shop")

    assert (put.json()["has_api_key"], put.json()["api_key_last4"]) == (True, "4711")
    assert KEY not in put.text + read.text
    assert internal.json()["api_key"] == KEY
    assert internal.headers["cache-control"] == "no-store"


async def test_the_database_contains_no_credentials_in_clear(query: Running, admin: httpx.AsyncClient) -> None:
    secrets = {"token": "ghp_token_0123456789", "private_key": "PEM-PRIVATE-KEY", "webhook_secret": "hook-secret-x"}
    await admin.put(f"{LLM}?project_id=shop", json={**OPENAI, "api_key": KEY})
    await admin.put(f"{GITHUB}?project_id=shop", json={"app_id": "1", **secrets})

    database = query.resources.database
    stored = [await database[name].find().to_list() for name in await database.list_collection_names()]
    raw = b"".join(encode(document) for documents in stored for document in documents)

    assert b"v1:" in raw
    assert [secret for secret in (KEY, *secrets.values()) if secret.encode() in raw] == []


async def test_a_sealed_key_cannot_be_used_in_another_project(query: Running, admin: httpx.AsyncClient) -> None:
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


async def test_only_a_service_token_of_the_project_gets_secrets(query: Running, admin: httpx.AsyncClient) -> None:
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


async def test_a_new_github_app_replaces_a_token_in_the_name_of_who_created_it(
    query: Running, admin: httpx.AsyncClient
) -> None:
    old = {"token": "ghp_token_0123456789", "webhook_secret": "old-secret", "default_repository": "acme/shop"}
    await admin.put(f"{GITHUB}?project_id=shop", json={**old, "api_url": "https://ghes.example.org/api/v3"})
    person = {"kind": "user", "id": "01ANN", "name": "Ann"}
    app = {
        "by": person,
        "api_url": "https://api.github.com",
        "app_id": "12",
        "private_key": "PEM",
        "webhook_secret": None,
    }
    path = "/internal/settings/github/app?project_id=shop"
    bridge = query.with_key(issue_service_token(SECRET_KEY, "ci-bridge", "shop"))

    refused = [await caller.put(path, json=app) for caller in (admin, _as_service(query, "shop"))]
    stored = await bridge.put(path, json=app)

    assert [answer.status_code for answer in (*refused, stored)] == [404, 404, 204]
    found = (await bridge.get("/internal/settings/github?project_id=shop")).json()
    assert (found["app_id"], found["private_key"], found["default_repository"]) == ("12", "PEM", "acme/shop")
    assert (found["token"], found["webhook_secret"], found["api_url"]) == (None, None, "https://api.github.com")
    [entry] = (await admin.get("/api/v1/audit", params={"project_id": "shop", "limit": 1})).json()["items"]
    assert (entry["action"], entry["actor"]["name"]) == ("settings.github.update", "Ann")
    private = await bridge.put(path, json={**app, "api_url": "http://10.0.0.1/api/v3"})
    assert private.status_code == 422


async def test_a_project_uses_the_default_settings_until_it_has_its_own(
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


async def test_an_omitted_key_stays_and_null_removes_it(admin: httpx.AsyncClient) -> None:
    local = {"provider": "ollama", "model": "llama3"}
    await admin.put(LLM, json={**local, "api_key": KEY})

    kept = await admin.put(LLM, json={**local, "model": "gemma3"})
    removed = await admin.put(LLM, json={**local, "api_key": None})

    assert (kept.json()["has_api_key"], removed.json()["has_api_key"]) == (True, False)


async def test_a_new_address_needs_the_key_again(admin: httpx.AsyncClient) -> None:
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


async def test_incomplete_and_unsafe_settings_are_rejected(admin: httpx.AsyncClient) -> None:
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


LLM_CHECK, GITHUB_CHECK = "/internal/providers/check", "/internal/github/check"


async def test_the_analyzer_tests_the_llm_settings_and_its_result_is_returned(
    admin: httpx.AsyncClient, checks: FakeChecks
) -> None:
    refused = {"ok": False, "detail": "Incorrect API key: ***", "status": 401, "models": []}
    checks.answers[LLM_CHECK] = {"ok": True, "detail": "it works", "status": 200, "models": ["small", "large"]}

    good = await admin.post(f"{LLM}/test")
    checks.answers[LLM_CHECK] = refused
    bad = await admin.post(f"{LLM}/test?project_id=shop")

    assert (good.status_code, good.json()["ok"], good.json()["models"]) == (200, True, ["small", "large"])
    assert (bad.status_code, bad.json()) == (200, refused)
    assert checks.calls == [
        (LLM_CHECK, {"project_id": None}, ServiceClaim("query", None)),
        (LLM_CHECK, {"project_id": "shop"}, ServiceClaim("query", "shop")),
    ]


async def test_ci_bridge_tests_the_github_settings_and_its_result_is_returned(
    admin: httpx.AsyncClient, checks: FakeChecks
) -> None:
    checks.answers[GITHUB_CHECK] = {"ok": False, "detail": "Bad credentials", "status": 401}

    answer = await admin.post(f"{GITHUB}/test?project_id=shop")

    assert answer.json() == {"ok": False, "detail": "Bad credentials", "status": 401, "models": []}
    assert checks.calls == [(GITHUB_CHECK, {"project_id": "shop"}, ServiceClaim("query", "shop"))]


async def test_a_service_that_does_not_respond_properly_is_unavailable(
    infra: Infra, amqp_url: str, admin: httpx.AsyncClient, checks: FakeChecks
) -> None:
    checks.status = 500
    failing = await admin.post(f"{LLM}/test")
    checks.status, checks.answers[LLM_CHECK] = 200, ["not a result"]
    malformed = await admin.post(f"{LLM}/test")
    nowhere = "http://127.0.0.1:9"
    async with running(amqp_url, infra.mongo_url, analyzer_url=nowhere, ci_bridge_url=nowhere) as query:
        client = await query.signed_in()
        unreachable = [await client.post(f"{LLM}/test"), await client.post(f"{GITHUB}/test")]

    assert [(answer.status_code, answer.json()["detail"]) for answer in (failing, malformed, *unreachable)] == [
        *[(503, "the analyzer is unavailable; try again")] * 3,
        (503, "ci-bridge is unavailable; try again"),
    ]


async def test_a_secret_that_cannot_be_decrypted_is_not_tested(
    query: Running, admin: httpx.AsyncClient, checks: FakeChecks
) -> None:
    await admin.put(f"{LLM}?project_id=shop", json={**OPENAI, "api_key": KEY})
    sealed = {"$set": {"sealed.api_key": "v1:broken"}}
    await query.resources.database["settings"].update_one({"_id": "llm/shop"}, sealed)

    assert (await admin.post(f"{LLM}/test?project_id=shop")).status_code == 409
    assert checks.calls == []
