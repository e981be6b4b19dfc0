"""Fixtures for tests of the analyzer."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.real.analyzer.harness import Running, ask_once, running


@pytest.fixture(scope="session", autouse=True)
def _warm_client_library() -> None:
    """Use LangChain once: the first use takes seconds of CPU time, which must not count towards a deadline."""
    asyncio.run(ask_once("openai"))


@pytest.fixture
async def analyzer(emptied_amqp_url: str, mongo_url: str) -> AsyncIterator[Running]:
    """Start an analyzer with a short deadline."""
    async with running(emptied_amqp_url, mongo_url, analysis_deadline=12) as it:
        yield it
