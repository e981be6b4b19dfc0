"""A request survives the stop and the kill of its analyzer, and is answered once."""

import time
from pathlib import Path

import httpx
import pytest
from logloop.local.ports import free_port
from logloop.local.processes import clean_env
from logloop.plain_http import WITHOUT_TLS
from logloop_chassis.testing import wait_until

from tests.fakes.llm import (
    FakeLlm,
    Hang,
    good_answer,
)
from tests.fakes.query_api import fake_query, is_ready
from tests.infra import fresh_database
from tests.real.analyzer.harness import CASCADE, SECRET_KEY, listening, started
from tests.system.forked import MODULES, ForkedService


async def test_stopping_gives_the_request_to_the_next_process(emptied_amqp_url: str, mongo_url: str) -> None:
    async with fake_query(SECRET_KEY) as query, FakeLlm(lambda _: Hang()) as llm:
        query.hold(CASCADE)
        query.expect("a1")
        async with started(emptied_amqp_url, mongo_url, query, llm) as first:
            first.use_model()
            await first.broker.request("a1", CASCADE)
            await wait_until(lambda: llm.asked)
            stopping = time.monotonic()
        assert time.monotonic() - stopping < 8
        llm.reply = good_answer
        async with listening(emptied_amqp_url) as broker, started(emptied_amqp_url, mongo_url, query, llm):
            await broker.completed("a1")


@pytest.mark.fault
async def test_a_killed_analyzer_answers_after_its_restart_and_once(
    emptied_amqp_url: str, mongo_url: str, tmp_path: Path
) -> None:
    async with fake_query(SECRET_KEY) as query, FakeLlm(lambda _: Hang()) as llm:
        query.hold(CASCADE)
        query.expect("a1")
        query.llm = {"provider": "openai", "model": "m", "base_url": llm.url(), "api_key": "k", "timeout_s": 30}
        first = _start(emptied_amqp_url, mongo_url, query.url, tmp_path)
        try:
            await wait_until(first.ready, timeout_s=60)
            async with listening(emptied_amqp_url) as broker:
                await broker.request("a1", CASCADE)
                await wait_until(lambda: llm.asked, timeout_s=30)
                first.stop()
                llm.reply = good_answer
                second = _start(emptied_amqp_url, mongo_url, query.url, tmp_path)
                try:
                    await broker.completed("a1", timeout_s=60)
                    ends = {event.id for event in broker.ends("a1")}
                finally:
                    second.stop()
        finally:
            first.stop()
    assert ends == {"a1.0.completed.v1"}
    assert len(llm.asked) == 2


class _Process:
    """An analyzer in its own process."""

    def __init__(self, service: ForkedService, port: int) -> None:
        self._service = service
        self._port = port

    async def ready(self) -> bool:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self._port}", trust_env=False, verify=WITHOUT_TLS
        ) as client:
            return await is_ready(client)

    def stop(self) -> None:
        """Kill it."""
        self._service.kill()


def _start(amqp_url: str, mongo_url: str, query_url: str, folder: Path) -> _Process:
    port = free_port()
    environment = clean_env(
        "LOGLOOP_",
        LOGLOOP_AMQP_URL=amqp_url,
        LOGLOOP_MONGO_URL=mongo_url,
        LOGLOOP_MONGO_DATABASE=fresh_database(),
        LOGLOOP_SECRET_KEY=SECRET_KEY,
        LOGLOOP_QUERY_URL=query_url,
        LOGLOOP_PORT=str(port),
    )
    service = ForkedService("analyzer", [MODULES["analyzer"]], environment, folder / f"analyzer-{port}.log")
    service.start()
    return _Process(service, port)
