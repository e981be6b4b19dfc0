"""Delivery needs no lock of `logging` and no clock that a test can mock, and ends with the program."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from unittest import mock

import pytest
from logloop.handler import LoggingHandler

from tests.fakes.ingest_api import Answer, IngestApi

CONFIGURE = """
import logging, logging.config, sys, time
config = {
    "version": 1,
    "handlers": {"logloop": {"class": "logloop.LoggingHandler", "linger": 30}},
    "root": {"level": "DEBUG", "handlers": ["logloop"]},
    "disable_existing_loggers": False,
}
ini = '''[loggers]
keys=root
[handlers]
keys=logloop
[formatters]
keys=
[logger_root]
level=DEBUG
handlers=logloop
[handler_logloop]
class=logloop.LoggingHandler
args=()
kwargs={"linger": 30}
'''
def by_dict(): logging.config.dictConfig(config)
def by_file():
    import io
    logging.config.fileConfig(io.StringIO(ini), disable_existing_loggers=False)
def by_force():
    import logloop
    logging.basicConfig(level="DEBUG", handlers=[logloop.LoggingHandler(linger=30)], force=True)
def by_socket():
    import json, socket, struct, threading
    server = logging.config.listen(0)
    server.start(); server.ready.wait()
    with socket.create_connection(("localhost", server.port)) as client:
        body = json.dumps(config).encode()
        client.sendall(struct.pack(">L", len(body)) + body)
        handler = logging.getLogger().handlers[0] if logging.getLogger().handlers else None
        while handler in logging.getLogger().handlers: time.sleep(0.005)
    logging.config.stopListening()
def by_shutdown():
    logging.shutdown()
by_dict()
"""


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    found = logging.getLogger("delivery")
    yield found
    for handler in list(found.handlers):
        handler.close()
        found.removeHandler(handler)


def run(code: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", CONFIGURE + code],
        env=environ,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize("again", ["by_dict", "by_file", "by_force", "by_shutdown"])
def test_a_new_configuration_waits_only_for_the_delivery_of_what_is_queued(
    api: IngestApi, environ: dict[str, str], again: str
) -> None:
    done = run(
        f"logging.info('a'); started = time.monotonic(); {again}(); print(time.monotonic() - started)", environ
    )
    assert done.stderr == ""
    assert float(done.stdout) < 1.0
    assert api.messages == ["a"]


def test_a_configuration_from_a_socket_keeps_what_is_queued(api: IngestApi, environ: dict[str, str]) -> None:
    code = "logging.info('a'); started = time.monotonic(); by_socket(); print(time.monotonic() - started)"
    done = run(code + "; logging.info('b')", environ)
    assert float(done.stdout) < 1.5, done.stderr
    assert api.messages == ["a", "b"]


def test_a_flush_under_every_lock_of_logging_delivers(api: IngestApi, environ: dict[str, str]) -> None:
    code = """
import os
handler = logging.getLogger().handlers[0]
logging.info("a")
with logging._lock:
    handler.acquire()
    handler.flush(20)
    print(handler.stats.sent)
    handler.release()
logging.info("b")
handler.flush(20)
pid = os.fork()
if pid == 0:
    with logging._lock:
        logging.info("c")
        handler.flush(20)
    os._exit(0)
os.waitpid(pid, 0)
print(sorted(name for name in logging.root.manager.loggerDict if name.startswith("http")))
"""
    done = run(code, environ)
    assert done.stdout.split() == ["1", "[]"], done.stderr
    assert api.messages == ["a", "b", "c"]


def test_a_program_ends_at_once_when_the_platform_answers(api: IngestApi, environ: dict[str, str]) -> None:
    code = """
logging.info("last")
ended = time.monotonic()
def report(close=logging.root.handlers[0].close):
    close(); print(time.monotonic() - ended)
logging.root.handlers[0].close = report
"""
    done = run(code, environ)
    assert float(done.stdout) < 1.0, done.stderr
    assert api.messages == ["last"]


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize("moment", [0.0, 1e12])
def test_a_clock_that_stands_still_does_not_delay_delivery(
    api: IngestApi, logger: logging.Logger, moment: float
) -> None:
    busy = {"Retry-After": "0.05"}
    api.script = [Answer(503, {"title": "Busy"}, busy), Answer(429, {"title": "Busy"}, busy)]
    with mock.patch("time.monotonic", return_value=moment), mock.patch("time.time", return_value=1e6):
        logger.addHandler(handler := LoggingHandler(linger=0.01, on_problem=lambda _: None))
        logger.warning("delivered")
        handler.flush(30)
    assert api.messages == ["delivered"]


@pytest.mark.usefixtures("environ")
def test_a_date_to_retry_at_is_measured_by_the_servers_clock(api: IngestApi, logger: logging.Logger) -> None:
    """This machine's clock, which may be mocked or wrong, does not matter."""
    then = format_datetime(datetime(2001, 1, 1, tzinfo=UTC), usegmt=True)
    far = format_datetime(datetime.fromtimestamp(time.time() + 1, UTC), usegmt=True)
    api.script = [Answer(503, {"title": "Busy"}, {"Retry-After": then}), Answer(503, {}, {"Retry-After": far})]
    with mock.patch("logloop.api.retry.datetime") as clock:
        clock.now.return_value = datetime(1990, 1, 1, tzinfo=UTC)
        logger.addHandler(handler := LoggingHandler(linger=0.01, on_problem=lambda _: None))
        logger.warning("delivered")
        handler.flush(30)
    assert api.messages == ["delivered"]


@pytest.mark.usefixtures("environ")
def test_a_connection_that_the_server_has_closed_is_opened_again(api: IngestApi, logger: logging.Logger) -> None:
    closing = Answer(202, {"accepted": 1, "rejected": []}, {"Connection": "close"})
    api.script = [closing, closing]
    problems: list[str] = []
    logger.addHandler(handler := LoggingHandler(linger=0.01, on_problem=problems.append))
    for text in ("a", "b", "c"):
        logger.warning(text)
        handler.flush(30)
    assert [entry["message"] for request in api.requests for entry in request.entries] == ["a", "b", "c"]
    assert problems == []
