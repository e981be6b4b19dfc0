"""The logging handler against a platform that responds, hangs, rejects or is unavailable."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from logloop.handler import LoggingHandler

from tests.fakes.ingest_api import Answer, IngestApi, wait_until

pytestmark = pytest.mark.usefixtures("environ")

RETRY_AT_ONCE = Answer(503, {"title": "Unavailable"}, {"Retry-After": "0"})


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    found = logging.getLogger("logloop-handler-test")
    found.setLevel(logging.DEBUG)
    found.propagate = False
    yield found
    for handler in list(found.handlers):
        handler.close()
        found.removeHandler(handler)


def test_a_record_arrives_with_its_location_level_time_and_extras(api: IngestApi, logger: logging.Logger) -> None:
    logger.addHandler(handler := LoggingHandler(linger=0.01, attributes={"release": "1.2"}))
    before = time.time()
    logger.warning("order %s paid", 17, extra={"user_id": 42, "cart": {"items": {1}}, "test_id": "t::a"})
    handler.flush()

    [entry] = api.entries
    assert entry["message"] == "order 17 paid"
    assert (entry["project_id"], entry["service_id"], entry["severity"]) == ("shop", "checkout", "warn")
    assert entry["test_id"] == "t::a"
    assert entry["func_id"].endswith("test_handler:test_a_record_arrives_with_its_location_level_time_and_extras")
    attributes = entry["attributes"]
    assert attributes["user_id"] == 42
    assert attributes["cart"] == {"items": [1]}
    assert attributes["release"] == "1.2"
    assert attributes["thread.name"] == "MainThread"
    assert attributes["process.name"] == "MainProcess"
    sent = time.mktime(time.strptime(entry["timestamp"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    assert abs(sent - before) < 2
    assert api.requests[0].headers["authorization"].startswith("Bearer llk_")


def test_an_exception_is_summarised_in_the_message_and_complete_in_the_attributes(
    api: IngestApi, logger: logging.Logger
) -> None:
    logger.addHandler(handler := LoggingHandler())
    try:
        int("ten")
    except ValueError:
        logger.exception("cannot read the amount")
    handler.flush()

    [entry] = api.entries
    assert entry["message"].splitlines()[0] == "cannot read the amount"
    assert entry["message"].splitlines()[1].startswith("ValueError: invalid literal")
    assert entry["attributes"]["exception.type"] == "ValueError"
    assert "Traceback (most recent call last)" in entry["attributes"]["exception.stacktrace"]
    assert entry["severity"] == "error"


def test_logging_does_not_wait_for_a_hanging_platform(api: IngestApi, logger: logging.Logger) -> None:
    api.script = [Answer(202, {"accepted": 0, "rejected": []}, hang=3)] * 3
    logger.addHandler(
        handler := LoggingHandler(capacity=100, linger=0.01, exit_timeout=0.1, on_problem=lambda _: None)
    )
    started = time.monotonic()
    for number in range(2_000):
        logger.info("line %d", number)
    assert time.monotonic() - started < 1.0
    assert handler.stats.queued <= 600
    assert handler.stats.dropped >= 1_400


def test_a_full_queue_drops_the_oldest_and_reports_how_many_once_the_platform_is_back(
    api: IngestApi, logger: logging.Logger
) -> None:
    api.away = True
    problems: list[str] = []
    logger.addHandler(
        handler := LoggingHandler(capacity=10, batch_entries=5, linger=0.01, on_problem=problems.append)
    )
    logger.info("first")
    wait_until(lambda: len(api.requests) >= 1)
    for number in range(50):
        logger.info("line %d", number)
    api.away = False
    handler.flush(10)

    assert api.messages[0] == "first"
    assert api.messages[-1] == "line 49" or "line 49" in api.messages
    assert "line 0" not in api.messages
    [report] = [entry for entry in api.entries if "dropped" in entry["message"]]
    assert report["attributes"]["logloop.dropped"] == handler.stats.dropped == 40
    assert len(problems) == 1
    assert "broker is unavailable" in problems[0]


def test_a_retry_sends_the_same_batch_with_the_same_key(api: IngestApi, logger: logging.Logger) -> None:
    api.script = [RETRY_AT_ONCE, Answer(429, {"title": "Too many"}, {"Retry-After": "0"})]
    logger.addHandler(handler := LoggingHandler(linger=0.01, on_problem=lambda _: None))
    logger.info("once")
    handler.flush(10)

    assert len(api.requests) == 3
    assert len({request.headers["idempotency-key"] for request in api.requests}) == 1
    assert api.messages == ["once"]


def test_retry_after_is_respected(api: IngestApi, logger: logging.Logger) -> None:
    api.script = [Answer(503, {"title": "Unavailable"}, {"Retry-After": "1"})]
    logger.addHandler(handler := LoggingHandler(linger=0.01, on_problem=lambda _: None))
    logger.info("later")
    handler.flush(10)
    assert api.requests[1].at - api.requests[0].at >= 1.0


def test_a_batch_that_is_too_large_is_split_in_halves(api: IngestApi, logger: logging.Logger) -> None:
    api.script = [Answer(413, {"title": "Too large"})]
    logger.addHandler(handler := LoggingHandler(linger=0.05))
    for number in range(8):
        logger.info("line %d", number)
    handler.flush(10)
    assert sorted(api.messages) == [f"line {number}" for number in range(8)]
    assert [len(request.entries) for request in api.requests] == [8, 4, 4]


def test_rejected_entries_are_counted_and_the_others_stored(api: IngestApi, logger: logging.Logger) -> None:
    api.reject = lambda entry: "bad" in entry["message"]
    problems: list[str] = []
    logger.addHandler(handler := LoggingHandler(linger=0.05, on_problem=problems.append))
    logger.info("good")
    logger.info("bad")
    handler.flush(10)
    assert api.messages == ["good"]
    assert (handler.stats.sent, handler.stats.refused) == (1, 1)
    assert "refused by the test" in problems[0]


def test_logs_of_the_http_library_are_neither_sent_nor_shown(
    api: IngestApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    handler = LoggingHandler(linger=0.01)
    logging.getLogger().addHandler(handler)
    try:
        logging.getLogger("mine").info("hello")
        handler.flush(10)
        logging.getLogger("mine").info("again")
        handler.flush(10)
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
    assert api.messages == ["hello", "again"]
    assert {record.name for record in caplog.records} == {"mine"}


def test_values_that_json_cannot_hold_become_text(api: IngestApi, logger: logging.Logger) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

    logger.addHandler(handler := LoggingHandler())
    loop: list[object] = []
    loop.append(loop)
    logger.info("lone \ud800 half", extra={"n": float("nan"), "b": b"x", "o": Broken(), "k": {1: (2, 3)}, "l": loop})
    handler.flush(10)
    [entry] = api.entries
    assert entry["message"].startswith("lone ")
    assert entry["attributes"]["n"] == "nan"
    assert entry["attributes"]["k"] == {"1": [2, 3]}
    assert "Broken" in entry["attributes"]["o"]


def test_a_value_that_cannot_be_encoded_does_not_lose_its_log(api: IngestApi, logger: logging.Logger) -> None:
    class Broken(dict[str, int]):
        def items(self) -> Any:
            raise RuntimeError("no items")

    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    logger.addHandler(handler := LoggingHandler())
    logger.info("a time without a zone", extra={"when": datetime(2026, 11, 22, 10)})  # noqa: DTZ001 - as programs do
    logger.info("within", extra={"order": {"when": datetime(2026, 11, 22, 10, tzinfo=UTC), "broken": Broken(a=1)}})
    logger.error("mute", exc_info=Mute())
    handler.flush()
    naive, within, mute = api.entries
    assert naive["attributes"]["when"] == "2026-11-22T10:00:00"
    assert within["attributes"]["order"] == {"when": "2026-11-22T10:00:00Z", "broken": "{'a': 1}"}
    assert mute["attributes"]["exception.message"].startswith("<Mute: str() raised")


def test_without_a_project_that_is_reported_once_and_nothing_is_sent(
    api: IngestApi, logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOGLOOP_PROJECT")
    problems: list[str] = []
    logger.addHandler(handler := LoggingHandler(on_problem=problems.append))
    logger.info("not sent")
    handler.flush()
    assert len(problems) == 1
    assert "LOGLOOP_PROJECT" in problems[0]
    assert api.requests == []


def run(code: str, environ: dict[str, str], timeout: float = 150) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environ, capture_output=True, text=True, timeout=timeout
    )


SET_UP = """
import logging, logging.config
logging.config.dictConfig({
    "version": 1,
    "handlers": {"logloop": {"class": "logloop.LoggingHandler", "linger": 30, "exit_timeout": 30}},
    "root": {"level": "DEBUG", "handlers": ["logloop"]},
})
"""


def test_the_last_lines_of_a_program_are_sent_at_exit(api: IngestApi, environ: dict[str, str]) -> None:
    code = SET_UP + "for n in range(5000): logging.info('line %d', n)\nraise SystemExit(3)"
    done = run(code, environ)
    assert done.returncode == 3
    assert done.stderr == ""
    assert api.messages == [f"line {number}" for number in range(5000)]


def test_with_an_unreachable_platform_a_program_exits_in_time_and_reports_lost_entries(
    environ: dict[str, str],
) -> None:
    environ["LOGLOOP_URL"] = "http://127.0.0.1:9"
    started = time.monotonic()
    done = run(SET_UP.replace('"exit_timeout": 30', '"exit_timeout": 4') + "logging.info('lost')", environ)
    assert done.returncode == 0
    assert time.monotonic() - started < 25
    assert "No response from http://127.0.0.1:9" in done.stderr
    assert "1 log entries were dropped before they could be sent" in done.stderr
    assert "Traceback" not in done.stderr


def test_lines_logged_by_exit_functions_are_sent(api: IngestApi, environ: dict[str, str]) -> None:
    done = run("import atexit, logging\natexit.register(lambda: logging.info('bye'))\n" + SET_UP, environ)
    assert done.stderr == ""
    assert api.messages == ["bye"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_child_processes_send_their_own_lines_once(api: IngestApi, environ: dict[str, str], method: str) -> None:
    code = f"""
import logging, multiprocessing
from logloop import LoggingHandler

def work(number):
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(LoggingHandler(linger=30, exit_timeout=100))
    logging.getLogger().warning("child %d", number)

if __name__ == "__main__":
    logging.getLogger().addHandler(LoggingHandler(linger=30, exit_timeout=100))
    logging.getLogger().warning("before")
    context = multiprocessing.get_context({method!r})
    children = [context.Process(target=work, args=(n,)) for n in range(3)]
    [child.start() for child in children]
    [child.join() for child in children]
    logging.getLogger().warning("after")
"""
    script = Path(environ["LOGLOOP_CONFIG"]).with_name("program.py")
    script.write_text(code)
    done = subprocess.run([sys.executable, str(script)], env=environ, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr
    assert sorted(api.messages) == ["after", "before", "child 0", "child 1", "child 2"]


def test_a_plain_fork_in_a_busy_program_neither_hangs_nor_duplicates(api: IngestApi, environ: dict[str, str]) -> None:
    code = (
        SET_UP.replace('"linger": 30', '"linger": 0.001')
        + """
import os, threading
stop = threading.Event()
def chatter():
    n = 0
    while not stop.is_set():
        logging.info("chat %d", n); n += 1
        stop.wait(0.0002)
thread = threading.Thread(target=chatter); thread.start()
for n in range(10):
    pid = os.fork()
    if pid == 0:
        logging.info("fork %d", n)
        logging.shutdown()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
stop.set(); thread.join()
"""
    )
    done = run(code, environ, timeout=150)
    assert done.returncode == 0, done.stderr
    assert sorted(m for m in api.messages if m.startswith("fork")) == sorted(f"fork {n}" for n in range(10))
    assert len(api.messages) == len(set(api.messages))


def test_a_fork_while_the_sender_connects_loses_nothing(api: IngestApi, environ: dict[str, str]) -> None:
    code = (
        SET_UP.replace('"linger": 30', '"linger": 0.001')
        + """
import os, threading
from logloop.sending.http_connection import HttpConnection
connecting, forked = threading.Event(), threading.Event()
open_connection = HttpConnection._open
def open_slowly(self):
    connecting.set()
    forked.wait()
    return open_connection(self)
HttpConnection._open = open_slowly
logging.info("before")
connecting.wait()
pid = os.fork()
if pid == 0:
    forked.set()
    logging.info("child")
    logging.shutdown()
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
forked.set()
logging.info("after")
"""
    )
    done = run(code, environ)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert sorted(api.messages) == ["after", "before", "child"]


def test_logging_from_a_signal_handler_does_not_deadlock(api: IngestApi, environ: dict[str, str]) -> None:
    code = (
        SET_UP
        + """
import signal
signal.signal(signal.SIGALRM, lambda *_: logging.info("tick"))
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0005)
for n in range(20000): logging.info("line %d", n)
signal.setitimer(signal.ITIMER_REAL, 0)
"""
    )
    done = run(code, environ, timeout=150)
    assert done.returncode == 0, done.stderr
    assert "tick" in api.messages


def test_basic_config_does_not_add_level_and_name_to_the_message(api: IngestApi, environ: dict[str, str]) -> None:
    code = (
        "import logging, logloop; logging.basicConfig(handlers=[logloop.LoggingHandler()]); logging.warning('plain')"
    )
    run(code, environ)
    assert api.messages == ["plain"]


def test_a_custom_formatter_formats_the_message(api: IngestApi, logger: logging.Logger) -> None:
    logger.addHandler(handler := LoggingHandler())
    handler.setFormatter(logging.Formatter("shop: %(message)s"))
    logger.info("paid")
    handler.flush(10)
    assert api.messages == ["shop: paid"]
