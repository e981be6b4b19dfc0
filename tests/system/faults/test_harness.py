"""The check itself: a pipeline that is wrong on purpose must not pass it."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from logloop.local.ports import LOOPBACK, free_port
from logloop.local.processes import Child, clean_env

from tests.system.faults.conftest import Parts
from tests.system.faults.stream import Ledger, NumberedStream, Verdict, judge
from tests.system.platform import wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("faults")]


class _Naive:
    """The wrong pipeline as a process that can be killed and started again."""

    def __init__(self, mode: str, parts: Parts, folder: Path) -> None:
        self.url = f"http://{LOOPBACK}:{free_port()}"
        env = {
            "NAIVE_AMQP_URL": parts.amqp_url,
            "NAIVE_MONGO_URL": parts.mongo.url,
            "NAIVE_DATABASE": parts.database,
            "NAIVE_PORT": self.url.rpartition(":")[2],
        }
        program = [sys.executable, str(Path(__file__).with_name("naive_pipeline.py")), mode]
        self.child = Child("naive", program, clean_env(**env), folder / "naive.log", on_parent_death="KILL")

    def start(self) -> None:
        self.child.start()
        wait_for(lambda: httpx.get(f"{self.url}/readyz", trust_env=False).is_success, what="the naive pipeline")

    def verdict(self, ledger: Ledger) -> Verdict:
        answer = httpx.get(f"{self.url}/api/v1/logs/export", timeout=30, trust_env=False)
        return judge(ledger, [json.loads(line)["message"] for line in answer.iter_lines()])


@pytest.fixture
def naive(parts: Parts, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[_Naive]:
    pipeline = _Naive(request.param, parts, tmp_path)
    pipeline.start()
    yield pipeline
    pipeline.child.kill()


def _run(naive: _Naive, *, kill: bool) -> Verdict:
    with NumberedStream(f"{naive.url}/api/v1/logs", {}, "shop", repeats=0.0) as stream:
        stream.wait_more(400)
        if kill:
            os.kill(naive.child.pid, signal.SIGKILL)
            naive.child.wait(5)
            naive.start()
        stream.wait_more(200)
    return wait_for(lambda: _settled(naive, stream.ledger), what="the naive pipeline coming to rest")


def _settled(naive: _Naive, ledger: Ledger) -> Verdict | None:
    first = naive.verdict(ledger)
    time.sleep(1.0)  # three times the moment that the double waits
    second = naive.verdict(ledger)
    return second if first == second else None


@pytest.mark.parametrize("naive", ["ack-first"], indirect=True)
def test_a_consumer_that_acknowledges_before_it_writes_is_caught_losing_lines(naive: _Naive) -> None:
    assert _run(naive, kill=True).missing


@pytest.mark.parametrize("naive", ["no-identity"], indirect=True)
def test_a_consumer_that_cannot_recognise_a_redelivery_is_caught_doubling_lines(naive: _Naive) -> None:
    assert _run(naive, kill=True).doubled


@pytest.mark.parametrize("naive", ["ack-first"], indirect=True)
def test_without_a_fault_even_a_wrong_consumer_passes(naive: _Naive) -> None:
    verdict = _run(naive, kill=False)
    assert verdict.is_clean, str(verdict)
