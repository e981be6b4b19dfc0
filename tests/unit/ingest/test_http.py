"""POST /api/v1/logs as a client sees it, with a stand-in for the broker."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logloop_chassis.auth.principal import Principal, SendingLimits
from logloop_chassis.messaging.publisher import NotPublished
from logloop_chassis.testing import wait_until
from logloop_ingest.limits import Limits

from tests.unit.ingest.harness import ADMIN, PATH, READ_KEY, SHOP_KEY, Ingest, Keys, entry, ingest_service
from tests.unit.ingest.test_checking import entries
from tests.unit.ingest.test_parsing import JSON

BOUND_USER = Principal(
    "user", "u2", "member", projects=frozenset({"shop", "bank"}), role_in={"shop": "member", "bank": "viewer"}
)


def body(*values: Any) -> bytes:
    return json.dumps(values[0] if len(values) == 1 else values).encode()


@pytest.fixture
async def ingest() -> AsyncIterator[Ingest]:
    async with ingest_service() as opened:
        yield opened


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["detail"]
    return found


async def test_an_entry_is_published_with_all_its_fields(ingest: Ingest) -> None:
    sent = entry(test_id="t", func_id="f", source="stdout", attributes={"b": 1, "a": {"x": [None]}})
    answer = await ingest.post(body(sent), content_type="application/json")
    assert answer.status_code == 202
    receipt = answer.json()
    assert (receipt["accepted"], receipt["rejected"], receipt["duplicate"]) == (1, [], False)
    [row] = ingest.broker.logs
    assert row["batch"] == receipt["batch_id"]
    assert row["row"] == 0
    assert {name: row[name] for name in ("project_id", "service_id", "test_id", "func_id", "source", "message")} == {
        name: sent[name] for name in ("project_id", "service_id", "test_id", "func_id", "source", "message")
    }
    assert row["timestamp"].isoformat() == "2026-11-22T10:00:00.123456+00:00"
    assert row["attributes"] == '{"a":{"x":[null]},"b":1}'
    assert row["pattern"] == "order <*> placed"


@pytest.mark.parametrize("count", [1, 2, 200])
@pytest.mark.parametrize("shape", ["array", "lines"])
async def test_arrays_and_lines_keep_their_order(ingest: Ingest, count: int, shape: str) -> None:
    values = [entry(message=f"line {n}") for n in range(count)]
    content = json.dumps(values) if shape == "array" else "\n".join(map(json.dumps, values))
    answer = await ingest.post(gzip.compress(content.encode()), content_encoding="gzip")
    assert answer.json()["accepted"] == count
    assert [row["message"] for row in ingest.broker.logs] == [f"line {n}" for n in range(count)]
    assert [row["row"] for row in ingest.broker.logs] == list(range(count))


async def test_invalid_entries_are_rejected_by_position_and_the_others_accepted(ingest: Ingest) -> None:
    values = [entry(), entry(timestamp="2026-11-22T10:00:00"), entry(colour="red", severity="loud"), entry()]
    answer = await ingest.post(body(*values))
    assert answer.status_code == 202
    receipt = answer.json()
    assert receipt["accepted"] == 2
    assert [item["index"] for item in receipt["rejected"]] == [1, 2]
    assert receipt["rejected"][0]["errors"] == [
        {"field": "timestamp", "reason": "needs an offset: end it with Z or +01:00"}
    ]
    assert [error["field"] for error in receipt["rejected"][1]["errors"]] == ["colour", "severity"]
    assert len(ingest.broker.logs) == 2


async def test_one_invalid_entry_among_many_is_rejected(ingest: Ingest) -> None:
    values = [entry(message=f"line {n}") for n in range(500)]
    values[321]["attributes"] = {"deep": [1e300 * 1e10]}
    content = json.dumps(values).replace("Infinity", "1e999")
    receipt = (await ingest.post(content.encode())).json()
    assert (receipt["accepted"], [item["index"] for item in receipt["rejected"]]) == (499, [321])


async def test_an_invalid_line_is_rejected_and_the_others_accepted(ingest: Ingest) -> None:
    content = b"\n".join([body(entry()), b'{"project_id": "sh', body(entry())])
    receipt = (await ingest.post(content, content_type="application/x-ndjson")).json()
    assert receipt["accepted"] == 2
    assert receipt["rejected"][0]["index"] == 1
    assert "not JSON" in receipt["rejected"][0]["errors"][0]["reason"]


async def test_a_request_without_a_valid_entry_is_422_with_the_reasons(ingest: Ingest) -> None:
    found = problem(await ingest.post(body(entry(severity="loud"), entry(message=None))), 422)
    assert [(item["index"], item["field"]) for item in found["errors"]] == [(0, "severity"), (1, "message")]
    problem(await ingest.post(b"[]"), 422)
    assert ingest.broker.seen == 0


@pytest.mark.parametrize("content", [b"", b"hello", b"[1,", b"<a/>"])
async def test_a_body_that_is_not_json_is_400(ingest: Ingest, content: bytes) -> None:
    problem(await ingest.post(content), 400)


@pytest.mark.parametrize("headers", [{"content_type": "text/xml"}, {"content_encoding": "br"}])
async def test_unsupported_formats_are_415(ingest: Ingest, headers: dict[str, str]) -> None:
    problem(await ingest.post(body(entry()), **headers), 415)


async def test_requests_over_a_limit_are_413() -> None:
    async with ingest_service(limits=Limits(request_bytes=2000, entries=3)) as ingest:
        problem(await ingest.post(b" " * 2001), 413)
        problem(await ingest.post(b"[{},{},{},{}]"), 413)
        problem(await ingest.post(gzip.compress(b" " * 100_000), content_encoding="gzip"), 413)

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(5):
                yield b" " * 500

        problem(await ingest.client.post(PATH, content=chunks()), 413)
        assert ingest.in_flight.used == 0


async def test_a_body_that_never_ends_is_408() -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.Event().wait()

    async with ingest_service() as ingest:
        problem(await ingest.client.post(PATH, content=trickle()), 408)
        assert ingest.in_flight.used == 0


async def test_a_key_without_the_scope_is_403() -> None:
    async with ingest_service(READ_KEY) as ingest:
        problem(await ingest.post(body(entry())), 403)


async def test_a_user_with_a_one_time_password_is_403() -> None:
    async with ingest_service(replace(ADMIN, must_change_password=True)) as ingest:
        assert "password" in problem(await ingest.post(body(entry())), 403)["detail"]


async def test_entries_of_another_project_are_rejected(ingest: Ingest) -> None:
    problem(await ingest.post(body(entry(project_id="bank"))), 403)
    receipt = (await ingest.post(body(entry(), entry(project_id="bank")))).json()
    assert (receipt["accepted"], receipt["rejected"][0]["index"]) == (1, 1)
    assert receipt["rejected"][0]["errors"][0]["field"] == "project_id"


async def test_the_project_is_optional_with_a_bound_key_only() -> None:
    value = entry()
    del value["project_id"]
    async with ingest_service() as ingest:
        assert (await ingest.post(body(value))).status_code == 202
        assert ingest.broker.logs[0]["project_id"] == "shop"
    async with ingest_service(ADMIN) as ingest:
        assert problem(await ingest.post(body(value)), 422)["errors"][0]["field"] == "project_id"


async def test_a_user_may_send_to_projects_where_the_role_allows_it() -> None:
    async with ingest_service(BOUND_USER) as ingest:
        assert (await ingest.post(body(entry()))).status_code == 202
        problem(await ingest.post(body(entry(project_id="bank"))), 403)
        problem(await ingest.post(body(entry(project_id="elsewhere"))), 404)


async def test_each_project_of_a_request_gets_its_own_batch() -> None:
    async with ingest_service(ADMIN) as ingest:
        values = [entry(project_id=name) for name in ("shop", "bank", "nowhere", "bank")]
        receipt = (await ingest.post(body(*values))).json()
        assert (receipt["accepted"], receipt["batch_id"]) == (3, None)
        assert [item["index"] for item in receipt["rejected"]] == [2]
        assert sorted(receipt["batches"]) == ["bank", "shop"]
        assert {row["batch"] for row in ingest.broker.logs if row["project_id"] == "bank"} == {
            receipt["batches"]["bank"]
        }
        problem(await ingest.post(body(entry(project_id="nowhere"))), 404)


async def test_the_response_waits_for_the_confirm(ingest: Ingest) -> None:
    ingest.broker.gate.clear()
    waiting = asyncio.ensure_future(ingest.post(body(entry())))
    await wait_until(lambda: ingest.broker.seen == 1)
    assert not waiting.done()
    ingest.broker.gate.set()
    assert (await waiting).status_code == 202


@pytest.mark.parametrize(
    ("reason", "status"), [("timeout", 503), ("unreachable", 503), ("unroutable", 503), ("full", 429)]
)
async def test_without_a_confirm_the_client_is_asked_to_retry(ingest: Ingest, reason: str, status: int) -> None:
    ingest.broker.failure = NotPublished(reason, "x")
    answer = await ingest.post(body(entry()), idempotency_key="k")
    detail = problem(answer, status)["detail"]
    assert "send again" in detail
    assert "nothing was stored" not in detail  # an earlier part of the request may be
    assert int(answer.headers["retry-after"]) >= 1
    ingest.broker.failure = None
    answer = await ingest.post(body(entry(message="corrected")), idempotency_key="k")  # the key was forgotten
    assert (answer.status_code, answer.json()["duplicate"]) == (202, False)


async def test_a_key_that_another_process_confirmed_stays_bound_when_a_retry_fails() -> None:
    keys = Keys()
    async with ingest_service(keys=keys) as first, ingest_service(keys=keys) as other:
        await first.post(body(entry()), idempotency_key="k")
        other.broker.failure = NotPublished("unreachable", "x")
        problem(await other.post(body(entry()), idempotency_key="k"), 503)
        other.broker.failure = None
        problem(await other.post(body(entry(message="other")), idempotency_key="k"), 409)


async def test_a_cancelled_publish_is_answered_and_releases_its_key_and_bytes(ingest: Ingest) -> None:
    ingest.broker.gate.clear()
    ingest.broker.failure = asyncio.CancelledError()
    calls = [asyncio.ensure_future(ingest.post(body(entry()), idempotency_key="k")) for _ in range(2)]
    await wait_until(lambda: ingest.broker.seen and ingest.in_flight.used)
    ingest.broker.gate.set()
    for answer in await asyncio.wait_for(asyncio.gather(*calls), 5):
        problem(answer, 503)
        assert int(answer.headers["retry-after"]) >= 1
    assert ingest.in_flight.used == 0
    ingest.broker.failure = None
    answer = await asyncio.wait_for(ingest.post(body(entry()), idempotency_key="k"), 5)
    assert (answer.status_code, answer.json()["duplicate"]) == (202, False)


async def test_a_request_over_the_budget_is_429_and_finished_requests_release_theirs() -> None:
    async with ingest_service(max_in_flight=1000) as ingest:
        ingest.broker.gate.clear()
        first = asyncio.ensure_future(ingest.post(body(entry(message="x" * 900))))
        await wait_until(lambda: ingest.broker.seen == 1)
        answer = await ingest.post(body(entry()))
        problem(answer, 429)
        assert answer.headers["retry-after"] == "1"
        ingest.broker.gate.set()
        assert (await first).status_code == 202
        assert ingest.in_flight.used == 0
        assert (await ingest.post(body(entry(message="x" * 2000)))).status_code == 202  # alone, it fits


async def test_a_duplicate_is_one_batch(ingest: Ingest) -> None:
    answers = [await ingest.post(body(entry()), idempotency_key="k") for _ in range(3)]
    assert [answer.json()["duplicate"] for answer in answers] == [False, True, True]
    assert len({answer.json()["batch_id"] for answer in answers}) == 1
    assert len(ingest.broker.logs) == 1


async def test_concurrent_duplicates_are_one_batch(ingest: Ingest) -> None:
    answers = await asyncio.gather(*(ingest.post(body(entry()), idempotency_key="k") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(ingest.broker.logs) == 1


async def test_the_same_key_for_other_entries_is_409(ingest: Ingest) -> None:
    await ingest.post(body(entry()), idempotency_key="k")
    problem(await ingest.post(body(entry(message="other")), idempotency_key="k"), 409)
    assert len(ingest.broker.logs) == 1


async def test_another_process_answers_409_to_other_entries_and_accepts_the_same() -> None:
    keys = Keys()
    async with ingest_service(keys=keys) as first, ingest_service(keys=keys) as other:
        sent = await first.post(body(entry()), idempotency_key="k")
        problem(await other.post(body(entry(message="other")), idempotency_key="k"), 409)
        assert other.broker.published == []
        again = await other.post(gzip.compress(body(entry())), idempotency_key="k", content_encoding="gzip")
        assert (again.status_code, again.json()["batch_id"]) == (202, sent.json()["batch_id"])


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_an_idempotency_key_has_a_limited_length(ingest: Ingest, key: str) -> None:
    problem(await ingest.post(body(entry()), idempotency_key=key), 400)


async def test_concurrent_requests_share_a_message() -> None:
    async with ingest_service(linger_s=0.05) as ingest:
        values = [entry(message=f"line {n}") for n in range(50)]
        answers = await asyncio.gather(*(ingest.post(body(value)) for value in values))
        assert {answer.json()["accepted"] for answer in answers} == {1}
        assert len(ingest.broker.published) == 1
        assert {row["message"] for row in ingest.broker.logs} == {value["message"] for value in values}
        places = {(row["batch"], row["row"]) for row in ingest.broker.logs}
        assert len(places) == 50


async def test_a_large_request_is_cut_into_messages_that_the_broker_accepts(ingest: Ingest) -> None:
    values = [entry(message=f"{n} " + "x" * 100_000) for n in range(100)]
    receipt = (await ingest.post(body(*values), idempotency_key="big")).json()
    assert receipt["accepted"] == 100
    assert len(ingest.broker.published) == 3
    assert [row["message"][:2] for row in ingest.broker.logs] == [value["message"][:2] for value in values]
    first = {(row["batch"], row["row"], row["message"]) for row in ingest.broker.logs}
    assert len({(batch, row) for batch, row, _ in first}) == 100

    ingest.broker.published.clear()
    async with ingest_service() as restarted:  # another process cuts the same request into the same batches
        await restarted.post(body(*values), idempotency_key="big")
        assert {(row["batch"], row["row"], row["message"]) for row in restarted.broker.logs} == first


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(JSON, max_size=4) | JSON | entries(), garble=st.none() | st.integers(0, 400))
def test_no_body_makes_the_server_fail(values: Any, garble: int | None) -> None:
    async def post() -> None:
        async with ingest_service() as ingest:
            content = json.dumps(values).encode("utf-8", "replace")
            if garble is not None:
                content = content[:garble] + b"\x00" + content[garble:]
            answer = await ingest.post(content)
            assert answer.status_code in {202, 400, 403, 413, 422}, answer.text
            accepted = answer.json()["accepted"] if answer.status_code == 202 else 0
            assert len(ingest.broker.logs) == accepted

    asyncio.run(post())


LIMITED = replace(SHOP_KEY, sending=SendingLimits("k1", daily_quota_bytes=2000))


async def test_a_key_over_its_quota_is_refused_before_its_body_is_parsed() -> None:
    async with ingest_service(LIMITED) as ingest:
        accepted = await ingest.post(body(entry()), content_type="application/json")
        refused = await ingest.post(b"x" * 1900, content_type="application/json")

    assert accepted.status_code == 202
    assert "2000 bytes a day" in problem(refused, 429)["detail"]
    assert 1 <= int(refused.headers["retry-after"]) <= 24 * 3600
    assert len(ingest.broker.logs) == 1


async def test_the_decompressed_bytes_of_a_body_count() -> None:
    async with ingest_service(LIMITED) as ingest:
        packed = gzip.compress(body(entry(message="x" * 2000)))
        answer = await ingest.post(packed, content_type="application/json", content_encoding="gzip")

    assert len(packed) < 500
    problem(answer, 413)


async def test_the_limits_of_a_key_hold_for_other_protocols() -> None:
    async with ingest_service(replace(LIMITED, sending=SendingLimits("k1", max_bytes_per_s=1))) as ingest:
        line = {"stream": {"service_name": "checkout"}, "values": [["1795255200000000000", "order 4711 placed"]]}
        answers = [await ingest.client.post("/loki/api/v1/push", json={"streams": [line]}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 429]
    assert int(answers[1].headers["retry-after"]) > 60
    assert len(ingest.broker.logs) == 1
