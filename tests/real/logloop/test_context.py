"""`logloop.context`, and the integrations with structlog and loguru, against a scripted platform."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Iterator
from typing import Any

import logloop
import pytest
import structlog
from logloop.integrations.loguru import LogloopSink
from logloop.integrations.structlog import LogloopProcessor
from loguru import logger as loguru_logger

from tests.fakes.ingest_api import IngestApi

pytestmark = pytest.mark.usefixtures("environ")


@pytest.fixture
def handler() -> Iterator[logloop.LoggingHandler]:
    handler = logloop.LoggingHandler(attributes={"release": "v1", "region": "eu"})
    yield handler
    handler.close()


@pytest.fixture
def log(handler: logloop.LoggingHandler) -> Iterator[logging.Logger]:
    logger = logging.getLogger("tests.context")
    logger.setLevel("DEBUG")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


def stored(api: IngestApi, handler: logloop.LoggingHandler) -> dict[str, dict[str, Any]]:
    """The entries by their message, once everything is sent."""
    handler.flush(30)
    return {entry["message"]: entry for entry in api.entries}


def test_a_block_adds_attributes_and_the_innermost_statement_wins(
    api: IngestApi, handler: logloop.LoggingHandler, log: logging.Logger
) -> None:
    with logloop.context(order=17, region="us", test_id="t1", func_id="pay"):
        log.info("outer")
        with logloop.context(order=18, tags=["a"]):
            log.info("inner", extra={"tags": "own", "func_id": "own:f"})
        log.info("outer again")
    log.info("after")

    found = stored(api, handler)
    assert found["outer"]["attributes"].items() >= {"order": 17, "region": "us", "release": "v1"}.items()
    assert (found["outer"]["test_id"], found["outer"]["func_id"]) == ("t1", "pay")
    inner = found["inner"]
    assert (inner["attributes"]["order"], inner["attributes"]["tags"], inner["func_id"]) == (18, "own", "own:f")
    assert found["outer again"]["attributes"]["order"] == 17
    assert found["after"]["attributes"]["region"] == "eu"
    assert "order" not in found["after"]["attributes"]
    assert "test_id" not in found["after"]


def test_tasks_keep_their_own_context_across_await_and_in_to_thread(
    api: IngestApi, handler: logloop.LoggingHandler, log: logging.Logger
) -> None:
    barrier = asyncio.Event()

    @logloop.context(job="nightly")
    async def work(name: str) -> str:
        with logloop.context(name=name):
            await barrier.wait()
            log.info("in %s", name)
            await asyncio.to_thread(log.info, "thread of %s", name)
        return name

    async def main() -> list[str]:
        tasks = [asyncio.create_task(work(name)) for name in ("a", "b")]
        barrier.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(main()) == ["a", "b"]
    found = stored(api, handler)
    for name in ("a", "b"):
        for message in (f"in {name}", f"thread of {name}"):
            assert found[message]["attributes"].items() >= {"name": name, "job": "nightly"}.items()


def test_a_decorated_function_may_call_itself_and_raise(
    api: IngestApi, handler: logloop.LoggingHandler, log: logging.Logger
) -> None:
    @logloop.context(kind="countdown")
    def count(number: int) -> None:
        """Count."""
        log.info("at %d", number)
        if not number:
            raise ZeroDivisionError
        count(number - 1)

    with pytest.raises(ZeroDivisionError):
        count(2)
    log.info("after")
    found = stored(api, handler)
    assert [found[f"at {n}"]["attributes"]["kind"] for n in (2, 1, 0)] == ["countdown"] * 3
    assert "kind" not in found["after"]["attributes"]
    assert count.__doc__ == "Count."

    def numbers() -> Iterator[int]:
        yield 1

    with pytest.raises(TypeError, match="cannot wrap a generator"):
        logloop.context(a=1)(numbers)


def test_a_new_thread_gets_the_context_that_it_is_given(
    api: IngestApi, handler: logloop.LoggingHandler, log: logging.Logger
) -> None:
    with logloop.context(order=17):
        copy = contextvars.copy_context()
        threads = [
            threading.Thread(target=log.info, args=("without",)),
            threading.Thread(target=copy.run, args=(log.info, "with")),
        ]
        for thread in threads:
            thread.start()
            thread.join()
    found = stored(api, handler)
    assert "order" not in found["without"]["attributes"]
    assert found["with"]["attributes"]["order"] == 17


# -- structlog


@pytest.fixture
def processor() -> Iterator[LogloopProcessor]:
    configured = structlog.get_config()
    processor = LogloopProcessor(service="orders", attributes={"release": "v1"})
    yield processor
    processor.handler.close()
    structlog.configure(**configured)  # not the defaults: they render tracebacks slowly, as tests/conftest.py says


def test_events_of_structlog_arrive_with_keys_level_time_and_place(
    api: IngestApi, processor: LogloopProcessor
) -> None:
    factory = structlog.testing.CapturingLoggerFactory()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.CallsiteParameterAdder(),
            processor,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=factory,
        cache_logger_on_first_use=False,
    )
    log = structlog.get_logger().bind(order=17)
    with structlog.contextvars.bound_contextvars(request="r1"), logloop.context(customer="acme", test_id="t1"):
        log.warning("paid", items=[{"sku": "a"}], lineno="given")
        log.critical("gone")
    try:
        raise KeyError("sku")
    except KeyError:
        log.exception("failed")

    found = stored(api, processor.handler)
    paid = found["paid"]
    assert (paid["service_id"], paid["severity"], paid["source"], paid["test_id"]) == (
        "orders",
        "warn",
        "structlog",
        "t1",
    )
    assert paid["attributes"].items() >= {"order": 17, "request": "r1", "customer": "acme", "release": "v1"}.items()
    assert paid["attributes"]["items"] == [{"sku": "a"}]
    assert paid["func_id"] == "test_context:test_events_of_structlog_arrive_with_keys_level_time_and_place"
    assert "severity_text" not in paid["attributes"]
    assert (found["gone"]["severity"], found["gone"]["attributes"]["severity_text"]) == ("error", "critical")
    failed = found["failed\nKeyError: 'sku'"]
    assert (failed["severity"], failed["attributes"]["exception.type"]) == ("error", "KeyError")
    assert failed["attributes"]["exception.stacktrace"].startswith("Traceback (most recent call last):")
    printed = [call.args[0] for call in factory.logger.calls]
    assert '"timestamp": "' + paid["timestamp"][:26] in printed[0], "the time is that of the processor"
    assert len(printed) == 3, "the event goes on to the renderer"


# -- loguru


@pytest.fixture
def sink() -> Iterator[LogloopSink]:
    sink = LogloopSink(service="orders")
    loguru_logger.remove()
    number = loguru_logger.add(sink, format="{message}", level="TRACE")
    yield sink
    loguru_logger.remove(number)


def test_messages_of_loguru_arrive_with_extra_level_and_exception(api: IngestApi, sink: LogloopSink) -> None:
    with loguru_logger.contextualize(request="r1"), logloop.context(customer="acme"):
        loguru_logger.bind(order=17, func_id="own:f").success("paid {}", 3)
    loguru_logger.trace("details")
    try:
        raise KeyError("sku")
    except KeyError:
        loguru_logger.exception("failed")

    found = stored(api, sink.handler)
    paid = found["paid 3"]
    assert (paid["service_id"], paid["severity"], paid["source"]) == ("orders", "info", "loguru")
    assert paid["attributes"].items() >= {"order": 17, "request": "r1", "customer": "acme"}.items()
    assert (paid["attributes"]["severity_text"], paid["func_id"]) == ("SUCCESS", "own:f")
    assert found["details"]["severity"] == "debug"
    assert found["details"]["func_id"].endswith(":test_messages_of_loguru_arrive_with_extra_level_and_exception")
    failed = found["failed\nKeyError: 'sku'"]
    assert (failed["severity"], failed["attributes"]["exception.type"]) == ("error", "KeyError")
    assert 'raise KeyError("sku")' in failed["attributes"]["exception.stacktrace"]


def test_removing_the_sink_sends_what_is_queued(api: IngestApi) -> None:
    loguru_logger.remove()
    number = loguru_logger.add(LogloopSink(service="orders", linger=60))
    loguru_logger.info("last words")
    loguru_logger.remove(number)
    assert api.messages == ["last words"]
