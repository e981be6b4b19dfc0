"""One record that breaks a rule is stored in a repaired form and costs no other record."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from logloop.handler import LoggingHandler
from logloop_ingest.checking.check import check_one_by_one
from logloop_ingest.checking.rules import ProjectAccess, Rules
from logloop_ingest.limits import Limits

from tests.fakes.ingest_api import Answer, IngestApi, Request

pytestmark = pytest.mark.usefixtures("environ")
GOOD = [f"good {number}" for number in range(20)]
RULES = Rules(Limits(), ProjectAccess(None, frozenset({"shop"})), time.time_ns() // 1000)


class Mute:
    """Neither text nor representation."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class Hostile:
    """Not even its type can be asked for."""

    @property
    def __class__(self) -> Any:
        raise RuntimeError("no class")

    @__class__.setter
    def __class__(self, value: Any) -> None: ...


def shared(depth: int) -> list[Any]:
    """A list of few objects whose text has 2 to the power of `depth` items."""
    found: list[Any] = []
    for _ in range(depth):
        found = [found, found]
    return found


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    found = logging.getLogger("odd-records")
    found.setLevel(logging.DEBUG)
    found.parent = None  # pytest's own handlers refuse odd records
    yield found
    for handler in list(found.handlers):
        handler.close()
        found.removeHandler(handler)


@pytest.fixture
def checked(api: IngestApi) -> IngestApi:
    """The platform with the checks of ingest."""

    def respond(request: Request) -> Answer:
        checked = check_one_by_one(request.entries, RULES)
        rejected = {item.index: [v._asdict() for v in item.violations] for item in checked.rejected}
        api.stored[request.headers["idempotency-key"]] = [
            entry for index, entry in enumerate(request.entries) if index not in rejected
        ]
        errors = [{"index": index, "errors": found} for index, found in rejected.items()]
        if len(errors) == len(request.entries):
            return Answer(422, {"title": "Unprocessable", "detail": "every entry was rejected", "rejected": errors})
        return Answer(202, {"accepted": len(request.entries) - len(errors), "rejected": errors})

    api.answers["POST", "/api/v1/logs"] = respond
    return api


def log_among_good_ones(logger: logging.Logger, log: Callable[[logging.Logger], object]) -> LoggingHandler:
    logger.addHandler(handler := LoggingHandler(linger=30, exit_timeout=10, on_problem=lambda _: None))
    for number, text in enumerate(GOOD):
        if number == len(GOOD) // 2:
            log(logger)
        logger.info(text)
    handler.flush(10)
    return handler


ODD: list[Any] = ["", " ", "ü x", "x" * 9999, 5, None, Mute(), b"x", [], "\ud800", "a\0b", Hostile()]


@pytest.mark.parametrize(
    "extra",
    [
        *({name: odd} for name in ("service_id", "test_id", "func_id", "source") for odd in ODD),
        {"project_id": "bank", "severity": "x", "timestamp": 1, "attributes": 2},
        {"nan": float("nan"), "huge": 10**5000, "mute": Mute(), "hostile": Hostile(), "nul": "\0", "half": "\ud800"},
        {"keys": {1: "a", "1": "b", None: 1, (1, 2): 3, Mute(): 4, float("nan"): 5, "\ud800": 6}},
        {"text": "t" * 3_000_000},
        {"long": list(range(3_000_000))},
        {"shared": shared(60)},
        {f"k{number}": number for number in range(500)},
        {"logger.name": "x", "exception.type": "y", "process.pid": "z"},
    ],
)  # fmt: skip
def test_an_odd_extra_is_stored_and_costs_no_other_record(
    checked: IngestApi, logger: logging.Logger, extra: dict[str, Any]
) -> None:
    handler = log_among_good_ones(logger, lambda log: log.info("bad", extra=extra))
    assert checked.messages == [*GOOD[:10], "bad", *GOOD[10:]]
    assert handler.stats.refused == handler.stats.dropped == 0
    others = [entry for entry in checked.entries if entry["message"] != "bad"]
    assert {entry["service_id"] for entry in others} == {"checkout"}
    assert not any("logloop.original" in name for entry in others for name in entry["attributes"])


def test_the_odd_value_is_kept_as_an_attribute(checked: IngestApi, logger: logging.Logger) -> None:
    log_among_good_ones(
        logger,
        lambda log: log.info("bad", extra={"service_id": "My Service", "test_id": "x" * 600, "logger.name": "mine"}),
    )
    [bad] = [entry for entry in checked.entries if entry["message"] == "bad"]
    assert bad["service_id"] == "checkout"
    assert bad["attributes"]["logloop.original.service_id"] == "My Service"
    assert bad["attributes"]["logloop.original.test_id"] == "x" * 600
    assert (bad["attributes"]["logger.name"], bad["attributes"]["extra.logger.name"]) == ("odd-records", "mine")


@pytest.mark.parametrize(
    ("message", "arguments", "expected"),
    [
        ("%d items", ("many",), "%d items [arguments: many]"),
        ("%s %s", (1,), "%s %s [arguments: 1]"),
        ("no place", (1, 2), "no place [arguments: 1, 2]"),
        ("%(a)s", ({"b": 1},), "%(a)s [arguments: 1]"),
        ("%s and %s", (Mute(), 2), "%s and %s [arguments: <Mute: str() raised RuntimeError>, 2]"),
        (Mute(), (), "<Mute: str() raised RuntimeError> [arguments: ]"),
        ("half \ud800", (), "half \ufffd"),
    ],
)
def test_a_message_that_cannot_be_formatted_is_stored_with_its_arguments(
    checked: IngestApi,
    logger: logging.Logger,
    message: Any,
    arguments: tuple[Any, ...],
    expected: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    log_among_good_ones(logger, lambda log: log.info(message, *arguments))
    assert checked.messages == [*GOOD[:10], expected, *GOOD[10:]]
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "odd",
    [
        {"created": 4_102_444_800.0}, {"created": -62_000_000_000.0}, {"created": float("nan")}, {"created": 1e300},
        {"created": None}, {"created": "soon"}, {"levelname": 5}, {"name": None},
        {"module": None, "funcName": None}, {"threadName": Mute(), "process": Mute()}, {"exc_info": (1, 2, 3)},
        {"exc_info": True}, {"args": 5}, {"msg": None}, {"stack_info": Mute()},
    ],
)  # fmt: skip
def test_a_record_that_another_program_has_made_is_stored(
    checked: IngestApi, logger: logging.Logger, odd: dict[str, Any]
) -> None:
    values = {"name": "n", "levelno": 30, "levelname": "WARNING", "msg": "bad", "args": (), "module": "m", **odd}
    handler = log_among_good_ones(logger, lambda log: log.handle(logging.makeLogRecord(values)))
    assert len(checked.entries) == len(GOOD) + 1
    assert set(GOOD) <= set(checked.messages)
    assert handler.stats.refused == 0
    if "created" in odd:
        [bad] = [entry for entry in checked.entries if entry["message"] == "bad"]
        assert "logloop.original.timestamp" in bad["attributes"] or odd["created"] is None


def test_an_exception_that_cannot_be_shown_is_stored(checked: IngestApi, logger: logging.Logger) -> None:
    class Nameless(Exception):
        __module__ = None  # type: ignore[assignment]

        def __str__(self) -> str:
            raise RuntimeError("no text")

    def fail(log: logging.Logger) -> None:
        try:
            raise Nameless
        except Nameless:
            log.exception("bad")

    log_among_good_ones(logger, fail)
    assert len(checked.entries) == len(GOOD) + 1


def test_a_formatter_that_fails_or_returns_no_text_costs_no_record(
    checked: IngestApi, logger: logging.Logger
) -> None:
    class Picky(logging.Formatter):
        def format(self, record: logging.LogRecord) -> Any:
            if record.msg == "bad":
                raise RuntimeError("cannot format")
            return {"event": record.getMessage()} if record.msg == GOOD[0] else record.getMessage()

    logger.addHandler(handler := LoggingHandler(linger=30))
    handler.setFormatter(Picky("shop: %(message)s"))
    for text in (*GOOD, "bad"):
        logger.info(text)
    handler.flush(10)
    assert checked.messages == [f"{{'event': '{GOOD[0]}'}}", *GOOD[1:], "bad"]


def test_a_batch_of_which_ingest_accepts_nothing_is_repaired(checked: IngestApi, logger: logging.Logger) -> None:
    logger.addHandler(handler := LoggingHandler(linger=30))
    for text in ("a", "b"):
        logger.handle(logging.makeLogRecord({"msg": text, "levelno": 20, "created": 4_102_444_800.0}))
    handler.flush(10)
    assert checked.messages == ["a", "b"]
    assert (handler.stats.sent, handler.stats.refused) == (2, 0)
    assert abs(datetime.fromisoformat(checked.entries[0]["timestamp"]).timestamp() - time.time()) < 60


def test_an_override_that_fails_or_adds_anything_costs_no_record(checked: IngestApi, logger: logging.Logger) -> None:
    class Enriching(LoggingHandler):
        def entry_for(self, record: logging.LogRecord) -> dict[str, Any]:
            if record.msg == GOOD[0]:
                raise RuntimeError("no context")
            more = (
                {"message": Mute(), "severity": 7, "service_id": None, "tenant": Mute()}
                if record.msg == "bad"
                else {}
            )
            return {**super().entry_for(record), **more}

    logger.addHandler(handler := Enriching(linger=30))
    for text in (*GOOD, "bad"):
        logger.info(text)
    handler.flush(10)
    assert checked.messages == [*GOOD, "<Mute: str() raised RuntimeError>"]
    assert checked.entries[-1]["attributes"]["tenant"] == "<Mute: str() raised RuntimeError>"
    assert (checked.entries[-1]["severity"], checked.entries[-1]["service_id"]) == ("info", "checkout")


def test_only_the_entries_that_ingest_refuses_count_as_refused_and_the_reason_is_said_once(
    api: IngestApi, logger: logging.Logger
) -> None:
    api.reject = lambda entry: "bad" in entry["message"]
    problems: list[str] = []
    logger.addHandler(handler := LoggingHandler(linger=30, on_problem=problems.append))
    for number in range(3):
        for text in (f"good {number}", "bad"):
            logger.info(text)
        handler.flush(10)
    assert api.messages == ["good 0", "good 1", "good 2"]
    assert (handler.stats.sent, handler.stats.refused, handler.stats.dropped) == (3, 3, 0)
    assert problems == ["1 log entries were rejected: refused by the test"]


@pytest.mark.parametrize(("given", "used"), [("My Service", "My-Service"), ("ü", None), (" x ", "x")])
def test_a_handler_with_an_invalid_service_sends_under_a_valid_one_and_says_so(
    checked: IngestApi, logger: logging.Logger, given: str, used: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["program.py"])
    problems: list[str] = []
    logger.addHandler(handler := LoggingHandler(service=given, on_problem=problems.append))
    logger.info("stored")
    handler.flush(10)
    assert [entry["service_id"] for entry in checked.entries] == [used or "program"]
    assert repr(given) in problems[0]
