"""What the emulator sends to ci-bridge while a workflow runs."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from logloop_contracts.emulation import EmulatedJob, EmulatedRun, EmulationEvent, EmulationProgress, EmulationTask
from logloop_emulator import worker as worker_module
from logloop_emulator.emulation import Emulator, Tick
from logloop_emulator.worker import Settings, Worker

TASK = EmulationTask(
    id="one", file="a.yml", workflow="", repository="a/b", event=EmulationEvent(event_type="x"), lease_s=20.0
)


class Bridge:
    """Hands out workflows and keeps what it receives; it is away for the first claim and the first part of output."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, bytes]] = []
        self.claims: list[str] = []
        self.results: list[str] = []
        self.takes_output = True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                if self.path.endswith("/claim"):
                    outer.claims.append(self.headers["idempotency-key"])
                if self.path.endswith("/result"):
                    outer.results.append(self.path)
                self._answer(503 if len(outer.claims) == 1 else 200, TASK.model_dump_json().encode())

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.parts.append((self.path.rpartition("/output/")[2], body))
                self._answer(503 if len(outer.parts) == 1 or not outer.takes_output else 204)

            def _answer(self, status: int, body: bytes = b"") -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    bridge = Bridge()
    thread = threading.Thread(target=bridge.server.serve_forever, args=(0.02,))
    thread.start()
    yield bridge
    bridge.server.shutdown()
    bridge.server.server_close()
    thread.join()


@dataclass(frozen=True)
class Printing(Emulator):
    """Prints a line, and another one when ci-bridge refused the first."""

    refused: Callable[[], bool] = lambda: True

    def run(self, task: EmulationTask, tick: Tick = lambda _: True) -> EmulatedRun:  # noqa: ARG002
        job = EmulatedJob(id="a", name="a", log="one\n")
        while not self.refused():
            tick(lambda: EmulationProgress(jobs=[job]))
        now = datetime.now(UTC)
        job = job.model_copy(update={"log": "one\ntwo\n"})
        return EmulatedRun(conclusion="success", started_at=now, completed_at=now, jobs=[job])


def test_a_request_that_is_sent_again_is_the_same_so_that_a_late_first_one_does_no_harm(bridge: Bridge) -> None:
    settings = Settings(f"http://127.0.0.1:{bridge.server.server_port}", "t" * 32)
    worker = Worker(settings, Printing(refused=lambda: bool(bridge.parts)), lambda: False)
    assert [worker.step(), worker.step()] == [False, True]
    assert set(bridge.parts) == {("0/0", b"one\n"), ("0/1", b"two\n")}
    worker.step()
    first, again, second = bridge.claims
    assert first == again != second


def test_a_result_is_not_reported_without_its_output(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "_TRIES", 2)
    worker = Worker(Settings(f"http://127.0.0.1:{bridge.server.server_port}", "t" * 32), Printing(), lambda: False)
    bridge.takes_output = False
    assert [worker.step(), worker.step()] == [False, True]
    assert len(bridge.parts) == 2
    assert bridge.results == []
    bridge.takes_output = True
    worker.step()
    assert len(bridge.results) == 1
