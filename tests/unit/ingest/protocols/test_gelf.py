"""GELF over HTTP: what becomes of a document, and compression that clients state wrongly."""

import asyncio
import gzip
import json
import zlib
from typing import Any

import pytest
import zstandard

from tests.unit.ingest.harness import KEY, ingest_service

GELF = "/gelf"
DOCUMENT = {
    "version": "1.1",
    "host": "web-1",
    "short_message": "payment failed",
    "full_message": "payment failed\nTraceback: boom",
    "timestamp": 1763805600.123456,
    "level": 3,
    "facility": "shop",
    "line": 7,
    "file": "pay.py",
    "_function": "charge",
    "_order": 4711,
}


def packed(*documents: Any) -> bytes:
    return b"\n".join(json.dumps(document).encode() for document in documents)


async def test_a_document_is_a_log_with_its_additional_fields_as_attributes() -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send(GELF, packed(DOCUMENT))
        assert (answer.status_code, answer.content) == (202, b"")
        [log] = ingest.broker.logs
    assert (log["service_id"], log["severity"], log["func_id"]) == ("shop", "error", "charge")
    assert log["message"] == "payment failed\nTraceback: boom"
    assert log["timestamp"].isoformat() == "2025-11-22T10:00:00.123456+00:00"
    assert json.loads(log["attributes"]) == {
        "host": "web-1", "level": 3, "line": 7, "file": "pay.py", "order": 4711,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (0, "error"),
        (3, "error"),
        (4, "warn"),
        (5, "info"),
        (6, "info"),
        (7, "debug"),
        ("warning", "warn"),
        (None, "info"),
    ],
)
async def test_a_level_is_one_of_syslog(level: Any, severity: str) -> None:
    async with ingest_service() as ingest:
        await ingest.send(GELF, packed({"host": "h", "short_message": "m", "level": level}))
        assert [log["severity"] for log in ingest.broker.logs] == [severity]


async def test_an_additional_field_does_not_hide_one_of_the_document() -> None:
    document = {"host": "web-1", "_host": "other", "short_message": "short", "full_message": "long", "_": 1, "_id": 2}
    async with ingest_service() as ingest:
        await ingest.send(GELF, packed(document))
        [log] = ingest.broker.logs
    assert log["message"] == "short\nlong"
    assert json.loads(log["attributes"]) == {"host": "web-1", "_host": "other", "_": 1, "id": 2}


@pytest.mark.parametrize("encoding", [None, "gzip,deflate", "gzip", "deflate", "identity"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress, zlib.compress, zstandard.ZstdCompressor().compress])
async def test_the_compression_is_found_whatever_the_client_states(encoding: str | None, compress: Any) -> None:
    headers = {} if encoding is None else {"Content_Encoding": encoding}
    async with ingest_service() as ingest:
        answer = await ingest.send(GELF, compress(packed(DOCUMENT)), **headers)
        assert answer.status_code == 202
        assert len(ingest.broker.logs) == 1


async def test_a_bad_document_among_others_is_named_and_the_others_are_stored() -> None:
    body = packed(DOCUMENT, 7) + b"\n{broken\n" + packed({"short_message": "last"})
    async with ingest_service() as ingest:
        answer = await ingest.send(GELF, body)
        assert answer.status_code == 202
        assert [reason.partition(":")[0] for reason in answer.json()["rejected"]] == ["1", "2"]
        assert [log["message"][-4:] for log in ingest.broker.logs] == ["boom", "last"]


@pytest.mark.parametrize("body", [b"", b"hello", b"{", b"\x1f\x8bxx", b"\x78\x9cxx", b"[1]"])
async def test_a_body_without_documents_is_refused_with_the_reason(body: bytes) -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send(GELF, body)
        assert answer.status_code == 400
        assert answer.json()["error"]


async def test_a_retry_is_stored_once_unless_a_document_has_no_time() -> None:
    async with ingest_service() as ingest:
        for _ in range(2):
            await ingest.send(GELF, packed(DOCUMENT, DOCUMENT))
        assert len(ingest.broker.logs) == 2
        for _ in range(2):
            await ingest.send(GELF, packed(DOCUMENT, {"short_message": "timeless"}))
        assert len(ingest.broker.logs) == 6


async def test_a_log_is_stored_although_its_client_has_gone_before_it_is_authenticated() -> None:
    has_gone = False

    async def receive() -> dict[str, Any]:
        if has_gone:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": packed(DOCUMENT), "more_body": False}

    async def send(_message: Any) -> None:
        """Nobody reads the answer."""

    async with ingest_service() as ingest:
        app = ingest.client._transport.app  # type: ignore[attr-defined]
        known = app.parts.authenticator.authenticate_token

        async def authenticate_token(token: str) -> Any:
            nonlocal has_gone
            await asyncio.sleep(0)
            has_gone = True
            return await known(token)

        app.parts.authenticator.authenticate_token = authenticate_token
        headers = [(b"authorization", f"Bearer {KEY}".encode())]
        await app(
            {"type": "http", "method": "POST", "path": GELF, "query_string": b"", "headers": headers}, receive, send
        )
        assert len(ingest.broker.logs) == 1
