"""An identity provider that the environment states: people sign in, and nobody changes it over the API."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from tests.fakes.oidc import CLIENT_ID, CLIENT_SECRET, OidcProvider, oidc_provider
from tests.infra import Infra
from tests.real.query.identity.test_sign_on import RULES, SETTINGS, Browser
from tests.real.query.records_app import Running, make_project, running


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with oidc_provider() as running_provider:
        yield running_provider


@pytest.fixture
async def query(infra: Infra, amqp_url: str, provider: OidcProvider) -> AsyncIterator[Running]:
    stated: dict[str, Any] = {
        "oidc_issuer": provider.url,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SecretStr(CLIENT_SECRET),
        "oidc_name": "Acme",
        "oidc_group_roles": "developers = shop: member; developers = not-yet: admin",
    }
    async with running(amqp_url, infra.mongo_url, **stated) as app:
        yield app


async def test_people_sign_in_and_the_settings_are_read_only(query: Running, provider: OidcProvider) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    browser = Browser(query)
    await browser.sign_in(provider)
    assert [(item["project_id"], item["role"]) for item in (await browser.me())["projects"]] == [("shop", "member")]

    found = (await admin.get(SETTINGS)).json()
    assert found["from_environment"] is True
    assert (found["provider"]["issuer"], found["provider"]["has_client_secret"]) == (provider.url, True)
    assert CLIENT_SECRET not in str(found)
    assert (await admin.post(f"{SETTINGS}/test")).json()["ok"] is True
    other = {"name": "Other", "issuer": "https://other.example", "client_id": "x"}
    for refused in (await admin.put(SETTINGS, json=other), await admin.delete(SETTINGS)):
        assert refused.status_code == 409
        assert "LOGLOOP_OIDC_" in refused.json()["detail"]
    assert (await admin.put(RULES, json={"only_provider": True})).status_code == 200
