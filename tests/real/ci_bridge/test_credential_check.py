"""The check of saved GitHub credentials, which query calls for the settings page."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from logloop_chassis.crypto import KeyHasher, issue_service_token

from tests.fakes.github import FakeGitHub, Script
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import PROJECT, REPOSITORY, SECRET_KEY, FakeQuery, Running, running, settings

CHECK = "/internal/github/check"


@pytest.fixture
async def bridge(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub
) -> AsyncIterator[Running]:
    """A ci-bridge that requires credentials."""
    configured = settings(emptied_amqp_url, mongo_url, query.url, github.url, no_auth=False)
    async with running(configured, fresh_database()) as started:
        yield started


async def _post(bridge: Running, token: str | None, project_id: str | None = PROJECT) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return await bridge.client.post(CHECK, json={"project_id": project_id}, headers=headers)


async def _check(bridge: Running, project_id: str | None = PROJECT) -> dict[str, Any]:
    answer = await _post(bridge, issue_service_token(SECRET_KEY, "query", project_id), project_id)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _pem() -> str:
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


async def test_a_check_returns_githubs_own_message(bridge: Running, query: FakeQuery, github: FakeGitHub) -> None:
    async def with_settings(**saved: Any) -> dict[str, Any]:
        query.settings[PROJECT] = {"api_url": github.url, "default_repository": REPOSITORY, **saved}
        return await _check(bridge)

    nothing = await with_settings()
    bad = await with_settings(token="ghp_bad_0123456789")
    good = await with_settings(token=github.token)
    without_repository = await with_settings(token=github.token, default_repository=None)
    app = await with_settings(app_id="12", installation_id="7", private_key=_pem())
    app_itself = await with_settings(app_id="12", private_key=_pem())
    no_key = await with_settings(app_id="12", installation_id="7", private_key="no key")

    assert nothing == {
        "ok": False,
        "detail": "no credentials: enter a token, or an app_id with its private_key and installation_id",
        "status": None,
        "models": [],
    }
    assert bad == {"ok": False, "detail": "Bad credentials", "status": 401, "models": []}
    assert good == {"ok": True, "detail": f"GitHub accepts {REPOSITORY}", "status": 200, "models": []}
    assert (without_repository["ok"], without_repository["detail"]) == (True, "GitHub accepts the credentials")
    assert (app["ok"], app_itself["ok"]) == (True, True)
    assert all(token.count(".") == 2 for token in github.app_tokens)
    assert (no_key["ok"], "PEM" in no_key["detail"]) == (False, True)


async def test_the_default_settings_are_checked_without_a_project(
    bridge: Running, query: FakeQuery, github: FakeGitHub
) -> None:
    query.settings[""] = {"token": github.token, "default_repository": REPOSITORY}

    assert (await _check(bridge, None))["detail"] == f"GitHub accepts {REPOSITORY}"


async def test_a_check_fails_without_a_response(bridge: Running, query: FakeQuery) -> None:
    query.settings[PROJECT] = {"api_url": "http://127.0.0.1:1", "token": "t"}

    found = await _check(bridge)

    assert (found["ok"], found["status"]) == (False, None)
    assert "no answer from 127.0.0.1" in found["detail"]


async def test_secrets_are_removed_from_githubs_message(
    bridge: Running, query: FakeQuery, github: FakeGitHub
) -> None:
    query.settings[PROJECT] = {"token": github.token, "default_repository": REPOSITORY}
    github.script("repository", Script(403, {"message": f"no  access for\n{github.token}"}))
    github.script("repository", Script(200, f"<html>{github.token}"))

    rejected, not_json = await _check(bridge), await _check(bridge)

    assert (rejected["status"], rejected["detail"]) == (403, "no access for ***")
    assert github.token not in not_json["detail"]


async def test_a_redirect_is_not_followed(bridge: Running, query: FakeQuery, github: FakeGitHub) -> None:
    query.settings[PROJECT] = {"token": github.token, "default_repository": REPOSITORY}
    with FakeGitHub() as trap:
        github.script("repository", Script(307, {}, {"location": f"{trap.url}/repos/{REPOSITORY}"}))
        found = await _check(bridge)

    assert (found["ok"], found["status"]) == (False, 307)
    assert trap.requests == []


async def test_only_part_of_a_long_response_is_read(bridge: Running, query: FakeQuery, github: FakeGitHub) -> None:
    query.settings[PROJECT] = {"token": github.token, "default_repository": REPOSITORY}
    github.script("repository", Script(200, {"full_name": "x" * 2**21}))

    found = await _check(bridge)

    assert (found["ok"], found["detail"].partition(":")[0]) == (False, "the response is not JSON")
    assert len(found["detail"]) < 1000


async def test_a_private_api_address_is_not_called(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub
) -> None:
    """The `host` of the service is not loopback here, as in a container."""
    query.settings[PROJECT] = {"api_url": github.url, "token": github.token}
    configured = settings(
        emptied_amqp_url, mongo_url, query.url, "https://api.github.com", host="192.0.2.1", no_auth=False
    )
    async with running(configured, fresh_database()) as bridge:
        found = await _check(bridge)

    assert (found["ok"], "not a public address" in found["detail"]) == (False, True)
    assert github.requests == []


async def test_settings_that_cannot_be_read_are_a_problem(bridge: Running, query: FakeQuery) -> None:
    token = issue_service_token(SECRET_KEY, "query", PROJECT)
    query.conflict = "the token of the github settings cannot be read"
    unreadable = await _post(bridge, token)
    query.conflict, query.unavailable = None, True
    unavailable = await _post(bridge, token)

    assert (unreadable.status_code, unreadable.json()["detail"]) == (
        409,
        "the token of the github settings cannot be read",
    )
    assert unavailable.status_code in {502, 503}


async def test_only_services_may_check_and_only_their_project(bridge: Running) -> None:
    keys = bridge.resources.database["api_keys"]
    digest = KeyHasher(SECRET_KEY).hash("s" * 32)
    await keys.insert_one({"_id": "admin00001", "hash": digest, "scopes": ["admin"], "project_id": None})
    callers = {
        "service of the project": issue_service_token(SECRET_KEY, "query", PROJECT),
        "service of all projects": issue_service_token(SECRET_KEY, "query", None),
        "service of another project": issue_service_token(SECRET_KEY, "query", "other"),
        "administrator": f"llk_admin00001_{'s' * 32}",
        "nobody": None,
    }

    statuses = {who: (await _post(bridge, token)).status_code for who, token in callers.items()}
    default_settings = await _post(bridge, callers["service of the project"], None)

    assert statuses == {
        "service of the project": 200,
        "service of all projects": 200,
        "service of another project": 404,
        "administrator": 404,
        "nobody": 401,
    }
    assert default_settings.status_code == 404
    assert CHECK not in bridge.app.openapi()["paths"]
