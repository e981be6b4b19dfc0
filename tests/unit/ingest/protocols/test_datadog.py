"""Datadog's intake: what becomes of a log and its tags, and its answers."""

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import zstandard
from logloop_chassis.messaging.publisher import NotPublished

from tests.unit.ingest.harness import KEY, ingest_service

LOGS = "/api/v2/logs"
LOG = {
    "message": "payment failed",
    "ddsource": "python",
    "ddtags": "env:test,region:eu",
    "hostname": "web-1",
    "service": "checkout",
    "status": "error",
    "timestamp": 1763805600123,
    "order": {"id": 4711},
}


def packed(*logs: Any) -> bytes:
    return json.dumps(list(logs)).encode()


async def test_a_log_has_its_tags_as_attributes() -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send(LOGS, packed(LOG), DD_API_KEY=KEY, Authorization="")
        assert (answer.status_code, answer.json()) == (202, {})
        [log] = ingest.broker.logs
    assert (log["service_id"], log["severity"], log["message"]) == ("checkout", "error", "payment failed")
    assert log["timestamp"].isoformat() == "2025-11-22T10:00:00.123000+00:00"
    assert json.loads(log["attributes"]) == {
        "ddsource": "python", "hostname": "web-1", "env": "test", "region": "eu", "order": {"id": 4711},
    }  # fmt: skip


async def test_a_message_that_is_a_json_object_is_a_document_of_its_own() -> None:
    inner = {"message": "slow", "level": "WARNING", "service": "inner", "duration_ms": 7}
    async with ingest_service() as ingest:
        await ingest.send(LOGS, packed({"message": json.dumps(inner), "service": "outer"}))
        [log] = ingest.broker.logs
    assert (log["service_id"], log["severity"], log["message"]) == ("outer", "warn", "slow")
    attributes = json.loads(log["attributes"])
    assert attributes == {"level": "WARNING", "message.service": "inner", "duration_ms": 7}


@pytest.mark.parametrize(
    ("tags", "attributes"),
    [
        ("env:test,env:prod,plain", {"env": "test", "ddtags": ["env:prod", "plain"]}),
        (["env:test"], {"env": "test"}),
        ("url:http://x/y", {"url": "http://x/y"}),
        ({"env": "test"}, {"ddtags": {"env": "test"}}),
        ("", {}),
    ],
)
async def test_tags_that_are_no_unique_names_stay_as_they_are(tags: Any, attributes: dict[str, Any]) -> None:
    async with ingest_service() as ingest:
        await ingest.send(LOGS, packed({"message": "m", "ddtags": tags}))
        [log] = ingest.broker.logs
    assert json.loads(log["attributes"] or "{}") == attributes


@pytest.mark.parametrize("path", [LOGS, "/v1/input", f"/v1/input/{KEY}"])
async def test_lines_have_what_the_request_states(path: str) -> None:
    async with ingest_service() as ingest:
        headers = {"Content_Type": "text/plain", **({"Authorization": ""} if KEY in path else {})}
        answer = await ingest.send(
            f"{path}?service=pay&ddtags=env:test&hostname=h", b"ERROR one\r\n\ntwo\n", **headers
        )
        assert answer.status_code == 202
        logs = ingest.broker.logs
    assert [(log["service_id"], log["severity"], log["message"]) for log in logs] == [
        ("pay", "error", "ERROR one"),
        ("pay", "info", "two"),
    ]
    assert {log["attributes"] for log in logs} == {'{"env":"test","hostname":"h"}'}


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstandard.ZstdCompressor().compress)],
)
async def test_bodies_may_be_compressed(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    async with ingest_service() as ingest:
        assert (await ingest.send(LOGS, compress(packed(LOG)), Content_Encoding=encoding)).status_code == 202
        assert len(ingest.broker.logs) == 1


async def test_a_rejected_log_is_named_and_the_others_are_stored() -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send(LOGS, packed(LOG, "text", {**LOG, "timestamp": 9_999_999_999_999}))
        assert answer.status_code == 202
        assert [item["index"] for item in answer.json()["rejected"]] == [1, 2]
        assert len(ingest.broker.logs) == 1


async def test_refusals_have_the_form_of_datadog() -> None:
    async with ingest_service() as ingest:
        for body, status in ((b"", 400), (b"{", 400), (b"[" + b"{}," * 10_000 + b"{}]", 413)):
            answer = await ingest.send(LOGS, body)
            assert answer.status_code == status
            assert answer.json()["errors"][0]["detail"]
        assert (await ingest.send(LOGS, packed(LOG), Authorization="Bearer llk_wrong_key")).status_code == 403
        ingest.broker.failure = NotPublished("full", "full")
        full = await ingest.send(LOGS, packed(LOG))
        assert (full.status_code, full.headers["retry-after"]) == (429, "5")


async def test_a_retry_is_stored_once() -> None:
    async with ingest_service() as ingest:
        for _ in range(2):
            await ingest.send(LOGS, packed(LOG))
        assert len(ingest.broker.logs) == 1
