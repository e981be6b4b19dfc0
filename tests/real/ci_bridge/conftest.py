"""Fixtures of the ci-bridge tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.fakes.github import FakeGitHub
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import PROJECT, REPOSITORY, WEBHOOK_SECRET, FakeQuery, Running, running, settings


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub with one repository and two workflows."""
    with FakeGitHub() as fake:
        fake.workflow(REPOSITORY, "diagnose.yml", types=("logloop.checkout",))
        fake.workflow(REPOSITORY, "manual.yml", inputs=("logloop_correlation_id", "count"))
        yield fake


@pytest.fixture
def query(github: FakeGitHub) -> Iterator[FakeQuery]:
    """A fake query with credentials for the project."""
    with FakeQuery({PROJECT: {"token": github.token, "webhook_secret": WEBHOOK_SECRET}}) as fake:
        yield fake


@pytest.fixture
async def bridge(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub
) -> AsyncIterator[Running]:
    """A running ci-bridge whose project has credentials."""
    configured = settings(emptied_amqp_url, mongo_url, query.url, github.url)
    async with running(configured, fresh_database()) as started:
        yield started
