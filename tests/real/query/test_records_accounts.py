"""Signing in, sessions, users and the first start, on the real database."""

from collections.abc import AsyncIterator

import pytest

from tests.infra import Infra
from tests.real.query.records_app import (
    ADMIN_EMAIL,
    Running,
    running,
)


@pytest.fixture
async def query(infra: Infra, amqp_url: str) -> AsyncIterator[Running]:
    async with running(amqp_url, infra.mongo_url) as app:
        yield app


async def test_the_first_administrator_signs_in_and_sees_who_they_are(query: Running) -> None:
    admin = await query.signed_in()

    me = (await admin.get("/api/v1/session")).json()

    assert (me["email"], me["is_admin"], me["kind"]) == (ADMIN_EMAIL, True, "user")
    assert me["must_change_password"] is False
