"""The check of the fault tests detects pipelines that are wrong on purpose."""

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
from logloop.plain_http import WITHOUT_TLS

from tests.infra import fresh_database
from tests.system.faults.stream import Ledger, NumberedStream, Verdict, judge
from tests.system.platform import wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("faults")]


class _NaivePipeline:
    """The wrong pipeline as a process that can be killed and restarted."""

    def __init__(self, mode: str, amqp_url: str, mongo_url: str, folder: Path) -> None:
        self.url = f"http://{LOOPBACK}:{free_port()}"
        env = {
            "NAIVE_AMQP_URL": amqp_url,
            "NAIVE_MONGO_URL": mongo_url,
            "NAIVE_DATABASE": fresh_database(),
            "NAIVE_PORT": self.url.rpartition(":")[2],
        }
        program = [sys.executable, str(Path(__file__).with_name("naive_pipeline.py")), mode]
        self.child = Child("naive", program, clean_env(**env), folder / "naive.log", on_parent_death="KILL")

    def start(self) -> None:
        self.child.start()
        wait_for(
            lambda: httpx.get(f"{self.url}/readyz", trust_env=False, verify=WITHOUT_TLS).is_success,
            what="the naive pipeline",
        )

    def verdict(self, ledger: Ledger) -> Verdict:
        response = httpx.get(f"{self.url}/api/v1/logs/export", timeout=30, trust_env=False, verify=WITHOUT_TLS)
        return judge(ledger, [json.loads(line)["message"] for line in response.iter_lines()])


@pytest.fixture
def naive(
    fresh_amqp_url: str, mongo_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[_NaivePipeline]:
    pipeline = _NaivePipeline(request.param, fresh_amqp_url, mongo_url, tmp_path)
    pipeline.start()
    yield pipeline
    pipeline.child.kill()


def _run(naive: _NaivePipeline, *, kill: bool) -> Verdict:
    with NumberedStream(f"{naive.url}/api/v1/logs", {}, "shop", repeats=0.0) as stream:
        stream.wait_acknowledged(400)
        if kill:
            os.kill(naive.child.pid, signal.SIGKILL)
            naive.child.wait(5)
            naive.start()
        stream.wait_acknowledged(200)
    return wait_for(lambda: _settled(naive, stream.ledger), what="the naive pipeline settling")


def _settled(naive: _NaivePipeline, ledger: Ledger) -> Verdict | None:
    first = naive.verdict(ledger)
    time.sleep(1.0)  # three times the delay of the naive pipeline
    second = naive.verdict(ledger)
    return second if first == second else None


@pytest.mark.parametrize("naive", ["ack-first"], indirect=True)
def test_lines_lost_by_acknowledging_before_writing_are_detected(naive: _NaivePipeline) -> None:
    assert _run(naive, kill=True).missing


@pytest.mark.parametrize("naive", ["no-identity"], indirect=True)
def test_lines_duplicated_by_ignoring_redeliveries_are_detected(naive: _NaivePipeline) -> None:
    assert _run(naive, kill=True).duplicated


@pytest.mark.parametrize("naive", ["ack-first"], indirect=True)
def test_without_a_fault_even_a_wrong_pipeline_passes(naive: _NaivePipeline) -> None:
    verdict = _run(naive, kill=False)
    assert verdict.is_clean, str(verdict)
