"""POST /internal/providers/check: other services learn whether a provider accepts the saved credentials."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from logloop_analyzer.model.provider import ProviderName, ProviderSettings
from logloop_analyzer.model.provider_check import MAX_RESPONSE_BYTES, CheckResult, ProviderCheck
from logloop_chassis.crypto import KeyHasher, issue_service_token
from logloop_chassis.outbound.egress import EgressGuard
from pydantic import SecretStr

from tests.fakes.llm import Action, Asked, Endless, FakeLlm, Hang, Raw, Reset, Status
from tests.real.analyzer.harness import SECRET_KEY, Running, running, wire_of

CHECK = "/internal/providers/check"
KEY = "sk-very-secret-provider-key-4711"
MODELS = Raw(json.dumps({"data": [{"id": "small"}, {"id": "large"}]}).encode(), "application/json")


def provider(asked: Asked) -> Action:
    """Accept KEY, and repeat any other key."""
    key = asked.headers.get("authorization", "")
    return MODELS if key == f"Bearer {KEY}" else Status(401, f"Incorrect API key: {key}")


@pytest.fixture
async def analyzer(amqp_url: str, mongo_url: str) -> AsyncIterator[Running]:
    async with running(amqp_url, mongo_url, no_auth=False) as it:
        it.llm.reply = provider
        yield it


@pytest.fixture
async def llm() -> AsyncIterator[FakeLlm]:
    async with FakeLlm(lambda _: MODELS) as server:
        yield server


def service_token(project_id: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_service_token(SECRET_KEY, 'query', project_id)}"}


async def checked(analyzer: Running, **provider_settings: Any) -> dict[str, Any]:
    analyzer.use_model("openai-compatible", **{"model": "large", "api_key": KEY, **provider_settings})
    response = await analyzer.http.post(CHECK, json={"project_id": "shop"}, headers=service_token("shop"))
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    body: dict[str, Any] = response.json()
    return body


async def test_a_check_says_what_the_provider_answers(analyzer: Running) -> None:
    good = await checked(analyzer)
    unknown = await checked(analyzer, model="huge")
    wrong = await checked(analyzer, api_key="sk-a-wrong-key")
    analyzer.llm.reply = lambda _: Status(307, "", {"Location": "http://169.254.169.254/"})
    redirected = await checked(analyzer)
    analyzer.llm.reply = lambda _: Reset()
    unreachable = await checked(analyzer)

    assert good == {
        "ok": True,
        "detail": "the provider answers; 2 models",
        "status": 200,
        "models": ["small", "large"],
    }
    assert (unknown["ok"], unknown["detail"]) == (
        False,
        "the credentials work, but the provider lists no model 'huge'",
    )
    assert (wrong["status"], wrong["detail"]) == (
        401,
        "the provider answers with status 401: it does not accept the API key",
    )
    assert (redirected["ok"], redirected["status"]) == (False, 307)
    assert (unreachable["ok"], unreachable["status"]) == (False, None)
    assert "no answer from 127.0.0.1" in unreachable["detail"]


async def test_without_a_provider_nothing_is_called(analyzer: Running) -> None:
    response = await analyzer.http.post(CHECK, json={"project_id": None}, headers=service_token(None))

    assert response.json() == {
        "ok": False,
        "detail": "no provider is chosen; reports come without a model",
        "status": None,
        "models": [],
    }
    assert analyzer.llm.asked == []


async def test_only_services_with_access_to_the_project_may_check(analyzer: Running) -> None:
    analyzer.use_model("openai-compatible", api_key=KEY)
    database = analyzer.app.resources.database
    secret = "0123456789abcdef0123456789abcdef"
    await database["api_keys"].insert_one(
        {"_id": "admin", "hash": KeyHasher(SECRET_KEY).hash(secret), "scopes": ["admin"], "project_id": None}
    )
    callers: dict[str, tuple[dict[str, str], str | None]] = {
        "administrator's key": ({"Authorization": f"Bearer llk_admin_{secret}"}, "shop"),
        "service of another project": (service_token("other"), "shop"),
        "service of one project, for the default": (service_token("shop"), None),
        "anonymous": ({}, "shop"),
        "service of all projects": (service_token(None), "shop"),
    }

    responses = {
        name: await analyzer.http.post(CHECK, json={"project_id": project_id}, headers=headers)
        for name, (headers, project_id) in callers.items()
    }

    assert {name: response.status_code for name, response in responses.items()} == {
        "administrator's key": 404,
        "service of another project": 404,
        "service of one project, for the default": 404,
        "anonymous": 401,
        "service of all projects": 200,
    }
    assert len(analyzer.llm.asked) == 1


async def test_the_check_is_not_in_the_schema(analyzer: Running) -> None:
    assert "/internal" not in (await analyzer.http.get("/openapi.json")).text


def settings(llm: FakeLlm, name: ProviderName = "openai", **more: Any) -> ProviderSettings:
    values = {"model": "large", "api_key": SecretStr(KEY), "base_url": llm.url(wire_of(name)), **more}
    return ProviderSettings(provider=name, **values)


async def check(chosen: ProviderSettings, guard: EgressGuard | None = None) -> CheckResult:
    return await ProviderCheck(guard or EgressGuard(loopback=True)).check(chosen)


@pytest.mark.parametrize(
    ("name", "path", "header", "value"),
    [
        ("openai", "/v1/models", "authorization", f"Bearer {KEY}"),
        ("openai-compatible", "/v1/models", "authorization", f"Bearer {KEY}"),
        ("anthropic", "/v1/models", "x-api-key", KEY),
        ("google", "/v1beta/models", "x-goog-api-key", KEY),
        ("ollama", "/api/tags", "authorization", f"Bearer {KEY}"),
    ],
)
async def test_each_provider_gets_its_own_path_and_header(
    llm: FakeLlm, name: ProviderName, path: str, header: str, value: str
) -> None:
    assert (await check(settings(llm, name))).ok
    assert [asked.path for asked in llm.asked] == [path]
    assert llm.asked[0].headers[header] == value


@pytest.mark.parametrize("version", ["/v1", ""])
async def test_a_base_url_may_hold_its_version(llm: FakeLlm, version: str) -> None:
    await check(settings(llm, "anthropic", base_url=llm.url("anthropic") + version))
    assert llm.asked[0].path == "/v1/models"


@pytest.mark.parametrize(
    ("body", "models"),
    [
        ({"models": [{"name": "models/large"}]}, ["large"]),
        ({"models": [{"name": "large:latest"}]}, ["large:latest"]),
        ({"data": []}, []),
        ({"data": "none"}, []),
        ([], []),
    ],
)
async def test_the_model_list_is_read_in_every_known_form(llm: FakeLlm, body: Any, models: list[str]) -> None:
    llm.reply = lambda _: Raw(json.dumps(body).encode(), "application/json")
    result = await check(settings(llm))
    assert (result.ok, result.models) == (True, models)


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (Raw(b"<html>gateway</html>", "text/html"), "the answer is not JSON"),
        (Raw(b"", "text/html"), "the answer is not JSON"),
        (Raw(f"key {KEY} \x1b[31mred".encode(), "text/plain"), "the answer is not JSON"),
        (Raw(b"[" * 100_000, "application/json"), "the answer is not JSON"),
        (Raw(b'{"data": [' + b" " * MAX_RESPONSE_BYTES + b"]}", "application/json"), "longer than 1 MiB"),
        (Raw(b"x" * (3 * MAX_RESPONSE_BYTES), "text/plain"), ""),
        (Raw(gzip.compress(b" " * 10**7), "application/json\r\nContent-Encoding: gzip"), "the answer is not JSON"),
    ],
)
async def test_an_unusable_answer_is_bounded_and_has_no_secret(llm: FakeLlm, reply: Raw, detail: str) -> None:
    llm.reply = lambda _: reply
    result = await check(settings(llm))
    assert not result.ok
    assert detail in result.detail
    assert len(result.detail) < 600
    assert KEY not in result.detail


@pytest.mark.parametrize(
    "reply",
    [
        Status(500, "internal-secret-7"),
        Status(403, '{"error": {"message": "internal-secret-7"}}'),
        Status(302, "internal-secret-7", {"Location": "http://internal-secret-7/"}),
        Raw(b"internal-secret-7", "text/plain"),
        Raw(b'{"data": [{"id": "internal-secret-7 of a page"}]}', "application/json"),
    ],
)
async def test_no_part_of_the_answer_is_repeated(llm: FakeLlm, reply: Action) -> None:
    llm.reply = lambda _: reply
    result = await check(settings(llm))
    assert "internal-secret-7" not in f"{result}"


async def test_a_secret_in_a_model_name_is_removed(llm: FakeLlm) -> None:
    llm.reply = lambda _: Raw(json.dumps({"data": [{"id": f"model-{KEY}"}]}).encode(), "application/json")
    assert (await check(settings(llm))).models == ["model-***"]


@pytest.mark.parametrize(
    ("reply", "details"),
    [
        (Hang(), {"no answer from 127.0.0.1 within 0.3 s"}),
        # Which of the two limits is reached first depends on the machine.
        (
            Endless(),
            {"no answer from 127.0.0.1 within 0.3 s", "the answer is longer than 1 MiB; check the base URL"},
        ),
    ],
)
async def test_a_provider_that_does_not_finish_its_answer_is_reported(
    llm: FakeLlm, monkeypatch: pytest.MonkeyPatch, reply: Action, details: set[str]
) -> None:
    monkeypatch.setattr("logloop_analyzer.model.provider_check.TIMEOUT_S", 0.3)
    llm.reply = lambda _: reply
    result = await check(settings(llm))
    assert not result.ok
    assert result.detail in details


async def test_a_key_that_no_header_can_hold_is_rejected_without_a_call(llm: FakeLlm) -> None:
    for key in ("sk-größe", "sk-\n"):
        result = await check(settings(llm, api_key=SecretStr(key)))
        assert "invalid characters" in result.detail
    assert llm.asked == []


@pytest.mark.parametrize("base_url", ["http://{host}/v1", "http://user:pw@{host}/v1", "http://{host}/v1?x=1"])
async def test_a_url_that_is_not_allowed_is_not_called(llm: FakeLlm, base_url: str) -> None:
    url = base_url.format(host=f"127.0.0.1:{llm.port}")
    result = await check(settings(llm, base_url=url), EgressGuard())
    assert (result.ok, result.status) == (False, None)
    assert "no answer" not in result.detail
    assert llm.asked == []


async def test_a_redirect_is_not_followed(llm: FakeLlm) -> None:
    async with FakeLlm() as trap:
        llm.reply = lambda _: Status(307, "moved", {"Location": trap.url()})
        result = await check(settings(llm))
        assert (result.ok, result.status) == (False, httpx.codes.TEMPORARY_REDIRECT)
        assert trap.asked == []


async def test_a_name_that_resolves_to_a_private_address_is_not_called(
    llm: FakeLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    resolve = loop.getaddrinfo

    async def to_loopback(host: Any, port: Any, **options: Any) -> Any:
        return await resolve("127.0.0.1" if host == "llm.example.org" else host, port, **options)

    monkeypatch.setattr(loop, "getaddrinfo", to_loopback)
    result = await check(settings(llm, base_url=f"http://llm.example.org:{llm.port}/v1"), EgressGuard())
    assert not result.ok
    assert "LOGLOOP_EGRESS_ALLOW" in result.detail
    assert llm.asked == []
