"""Without sign-in, web pages of other origins reach neither the logs nor the tools of agents."""

from collections.abc import AsyncIterator

import pytest

from tests.infra import Infra
from tests.real.query.records_app import ADMIN_PASSWORD, Running, running_whole

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.fixture
async def query(infra: Infra, amqp_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setenv("LOGLOOP_ADMIN_PASSWORD", ADMIN_PASSWORD)
    async with running_whole(amqp_url, infra.mongo_url, no_auth=True) as app:
        yield app


async def test_without_sign_in_only_programs_on_this_machine_are_served(query: Running) -> None:
    client = query.client()
    await client.post("/api/v1/projects", json={"id": "shop", "name": "Shop"})
    accept = {"Accept": "application/json, text/event-stream"}
    tenant = {"X-Scope-OrgID": "shop"}
    statuses = {}
    for name, headers in {
        "program": {},
        "other origin": {"Origin": "https://evil.example"},
        "cross-site": {"Sec-Fetch-Site": "cross-site"},
        "rebound name": {"Host": "evil.example:8080", "Origin": "http://evil.example:8080"},
        "own page": {"Origin": "http://localhost"},
        "IPv6": {"Host": "[::1]:8080"},
    }.items():
        agent = await client.post("/mcp", json=HELLO, headers={**accept, **headers})
        grafana = await client.get("/loki/api/v1/labels", headers={**tenant, **headers})
        statuses[name] = (agent.status_code, grafana.status_code)

    assert statuses == {
        "program": (200, 200),
        "other origin": (403, 403),
        "cross-site": (403, 403),
        "rebound name": (403, 403),
        "own page": (200, 200),
        "IPv6": (200, 200),
    }
