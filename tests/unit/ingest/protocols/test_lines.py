"""Lines of text, JSON documents and the forms of logging.handlers.HTTPHandler."""

import json
import logging
import logging.handlers
import urllib.parse
from typing import Any

import pytest
from logloop_ingest.protocols.lines.lines import joined
from logloop_ingest.protocols.lines.log_records import formatted

from tests.unit.ingest.harness import KEY, NOW, ingest_service

TEXT = {"Content_Type": "text/plain"}
FORM = {"Content_Type": "application/x-www-form-urlencoded"}


def form(level: int, message: str, *args: Any, **values: Any) -> str:
    record = logging.LogRecord("shop.pay", level, "/app/pay.py", 7, message, args, None, "charge")
    record.__dict__.update({"created": 1763805600.5, **values})
    return urllib.parse.urlencode(logging.handlers.HTTPHandler("host", "/").mapLogRecord(record))


async def test_each_line_is_a_log_of_the_service_in_the_path() -> None:
    body = "2025-11-22T10:00:00.123+00:00 ERROR payment failed\r\n\nplain\n".encode("utf-8-sig")
    async with ingest_service() as ingest:
        answer = await ingest.send("/lines/checkout?source=stdout", body, **TEXT)
        assert (answer.status_code, answer.json()) == (202, {"accepted": 2, "rejected": []})
        first, second = ingest.broker.logs
    assert (first["service_id"], first["severity"], first["source"]) == ("checkout", "error", "stdout")
    assert first["timestamp"].isoformat() == "2025-11-22T10:00:00.123000+00:00"
    assert (second["message"], second["severity"], second["timestamp"]) == ("plain", "info", NOW)


@pytest.mark.parametrize(
    ("text", "logs"),
    [
        ("a\n  b\n\tc\nd", ["a\n  b\n\tc", "d"]),
        (
            'failed\nTraceback (most recent call last):\n  File "a.py"\nValueError: boom\nnext',
            ['failed\nTraceback (most recent call last):\n  File "a.py"\nValueError: boom', "next"],
        ),
        (
            "E: boom\n\tat f\nCaused by: X\n\t... 3 more\nnext",
            ["E: boom\n\tat f\nCaused by: X\n\t... 3 more", "next"],
        ),
        ("  indented first\nnext", ["  indented first", "next"]),
        ("\n \n", []),
    ],
)
def test_lines_that_belong_together_are_one_log(text: str, logs: list[str]) -> None:
    assert list(joined(text.split("\n"), 1000)) == logs


def test_joining_makes_no_log_longer_than_a_message_may_be() -> None:
    lines = ["first", *(f"  {n:05}" for n in range(1000))]
    logs = list(joined(lines, 100))
    assert max(len(log) for log in logs) <= 100
    assert "\n".join(logs).split("\n") == lines


@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-ndjson", "text/plain", "application/json; charset=utf-8"]
)
async def test_json_documents_are_read_as_such(kind: str) -> None:
    documents = [{"log": "slow", "level": "warn", "app": "shop", "n": 1, "date": 1763805600.5}, {"log": "second"}]
    body = b"\n".join(json.dumps(document).encode() for document in documents)
    async with ingest_service() as ingest:
        assert (await ingest.send("/lines/web", body, Content_Type=kind)).status_code == 202
        first, second = ingest.broker.logs
    assert (first["service_id"], first["severity"], first["message"]) == ("shop", "warn", "slow")
    assert first["timestamp"].isoformat() == "2025-11-22T10:00:00.500000+00:00"
    assert (second["service_id"], second["message"]) == ("web", "second")


async def test_a_record_is_a_log_with_its_message_formatted() -> None:
    body = form(logging.ERROR, "order %d of %s failed", 7, "ann", created=1763805600.123456, region="eu").encode()
    async with ingest_service() as ingest:
        for _ in range(2):  # a retry is stored once
            answer = await ingest.send("/lines/checkout", body, **FORM)
            assert (answer.status_code, answer.content) == (202, b"")
        [log] = ingest.broker.logs
    assert (log["service_id"], log["severity"], log["message"]) == ("checkout", "error", "order 7 of ann failed")
    assert log["func_id"] == "pay:charge"
    assert log["timestamp"].isoformat() == "2025-11-22T10:00:00.123456+00:00"
    attributes = json.loads(log["attributes"])
    assert attributes.items() >= {
        "logger": "shop.pay", "code.file.path": "/app/pay.py", "code.line.number": "7", "region": "eu",
        "levelname": "ERROR",
    }.items()  # fmt: skip


async def test_an_exception_is_named_and_its_stack_trace_is_an_attribute() -> None:
    stack = "Traceback (most recent call last):\n  File 'a.py'\nValueError: boom"
    async with ingest_service() as ingest:
        await ingest.send("/lines", form(logging.ERROR, "failed", exc_text=stack).encode(), **FORM)
        await ingest.send("/lines", form(logging.ERROR, "failed", exc_info="(ValueError, …)").encode(), **FORM)
        first, second = ingest.broker.logs
    assert (first["service_id"], first["message"]) == ("shop.pay", "failed\nValueError: boom")
    assert json.loads(first["attributes"])["exception.stacktrace"] == stack
    assert json.loads(second["attributes"])["exc_info"] == "(ValueError, …)"


async def test_each_record_of_the_method_get_is_a_log_and_its_credentials_are_not() -> None:
    async with ingest_service() as ingest:
        for number in range(2):
            query = form(logging.INFO, f"line {number}")
            answer = await ingest.send(
                f"/lines?service=web&api_key={KEY}&{query}", b"", method="GET", Authorization=""
            )
            assert answer.status_code == 202
        logs = ingest.broker.logs
    assert [(log["service_id"], log["message"]) for log in logs] == [("web", "line 0"), ("web", "line 1")]
    assert KEY not in str(logs)


@pytest.mark.parametrize(
    ("template", "arguments", "message"),
    [
        ("a %s", "('b',)", "a b"),
        ("a %(n)d", "{'n': 7}", "a 7"),
        ("100 %", "()", "100 %"),
        ("%s", f"('{'x' * 400_000}',)", "x" * 400_000),
        ("%s" * 6, f"('{'x' * 800_000}',)", None),
        ("%s", f"([{'1,' * 100_000}],)", None),
        ("a %s", "(<object at 0x7f>,)", None),
        ("a %s %s", "('b',)", None),
        ("%99999999d", "(1,)", None),
        ("%(n)99999999d", "{'n': 1}", None),
        ("%*d", "(99999999, 1)", None),
        ("%(n)s" * 1000, "{'n': '" + "x" * 10_000 + "'}", None),
        ("%s", "(" * 1000, None),
    ],
)
def test_a_message_is_formatted_where_its_arguments_can_be_read(
    template: str, arguments: str, message: str | None
) -> None:
    assert formatted(template, arguments) == message


async def test_arguments_that_cannot_be_read_stay_an_attribute() -> None:
    async with ingest_service() as ingest:
        await ingest.send("/lines", form(logging.INFO, "got %s", object()).encode(), **FORM)
        [log] = ingest.broker.logs
    assert log["message"] == "got %s"
    assert "object at" in json.loads(log["attributes"])["args"]


async def test_text_that_a_client_calls_a_form_is_read_as_lines() -> None:
    async with ingest_service() as ingest:
        assert (await ingest.send("/lines/web", b"a=1&b=2\n%zz", **FORM)).status_code == 202
        assert [log["message"] for log in ingest.broker.logs] == ["a=1&b=2", "%zz"]


async def test_a_request_without_logs_is_refused_with_a_problem() -> None:
    async with ingest_service() as ingest:
        for method, path, headers in (("POST", "/lines", TEXT), ("GET", "/lines", {}), ("POST", "/lines", FORM)):
            answer = await ingest.send(path, b"", method=method, **headers)
            assert answer.status_code == 400
            assert answer.headers["content-type"] == "application/problem+json"
            assert "empty" in answer.json()["detail"]
        many = await ingest.send("/lines", b"x\n" * 10_001, **TEXT)
        assert many.status_code == 413
        broken = await ingest.send("/lines", b"{", Content_Type="application/json")
        assert broken.status_code == 400


async def test_equal_lines_without_times_are_never_taken_for_a_retry() -> None:
    async with ingest_service() as ingest:
        for _ in range(2):
            await ingest.send("/lines", b"timeless", **TEXT)
        assert len(ingest.broker.logs) == 2
