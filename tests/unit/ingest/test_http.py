"""POST /api/v1/logs as a client sees it, with a stand-in for the broker."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logloop_chassis.auth.principal import Principal
from logloop_chassis.messaging.publisher import NotPublished
from logloop_chassis.testing import wait_until
from logloop_ingest.limits import Limits

from tests.unit.ingest.harness import ADMIN, PATH, READ_KEY, Doors, doors, entry
from tests.unit.ingest.test_checking import entries
from tests.unit.ingest.test_parsing import JSON

BOUND_USER = Principal(
    "user", "u2", "member", projects=frozenset({"shop", "bank"}), role_in={"shop": "member", "bank": "viewer"}
)


def body(*values: Any) -> bytes:
    return json.dumps(values[0] if len(values) == 1 else values).encode()


@pytest.fixture
async def door() -> AsyncIterator[Doors]:
    async with doors() as opened:
        yield opened


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["detail"]
    return found


async def test_an_entry_is_published_with_everything_it_said(door: Doors) -> None:
    said = entry(test_id="t", func_id="f", source="stdout", attributes={"b": 1, "a": {"x": [None]}})
    answer = await door.post(body(said), content_type="application/json")
    assert answer.status_code == 202
    receipt = answer.json()
    assert (receipt["accepted"], receipt["rejected"], receipt["duplicate"]) == (1, [], False)
    [row] = door.broker.logs
    assert row["batch"] == receipt["batch_id"]
    assert row["row"] == 0
    assert {name: row[name] for name in ("project_id", "service_id", "test_id", "func_id", "source", "message")} == {
        name: said[name] for name in ("project_id", "service_id", "test_id", "func_id", "source", "message")
    }
    assert row["timestamp"].isoformat() == "2026-11-22T10:00:00.123456+00:00"
    assert row["attributes"] == '{"a":{"x":[null]},"b":1}'
    assert row["pattern"] == "order <*> placed"


@pytest.mark.parametrize("count", [1, 2, 200])
@pytest.mark.parametrize("shape", ["array", "lines"])
async def test_arrays_and_lines_keep_their_order(door: Doors, count: int, shape: str) -> None:
    values = [entry(message=f"line {n}") for n in range(count)]
    content = json.dumps(values) if shape == "array" else "\n".join(map(json.dumps, values))
    answer = await door.post(gzip.compress(content.encode()), content_encoding="gzip")
    assert answer.json()["accepted"] == count
    assert [row["message"] for row in door.broker.logs] == [f"line {n}" for n in range(count)]
    assert [row["row"] for row in door.broker.logs] == list(range(count))


async def test_wrong_entries_are_refused_by_position_and_the_others_taken(door: Doors) -> None:
    values = [entry(), entry(timestamp="2026-11-22T10:00:00"), entry(colour="red", severity="loud"), entry()]
    answer = await door.post(body(*values))
    assert answer.status_code == 202
    receipt = answer.json()
    assert receipt["accepted"] == 2
    assert [item["index"] for item in receipt["rejected"]] == [1, 2]
    assert receipt["rejected"][0]["errors"] == [
        {"field": "timestamp", "reason": "needs an offset: end it with Z or +01:00"}
    ]
    assert [error["field"] for error in receipt["rejected"][1]["errors"]] == ["colour", "severity"]
    assert len(door.broker.logs) == 2


async def test_one_wrong_entry_among_many_is_named(door: Doors) -> None:
    values = [entry(message=f"line {n}") for n in range(500)]
    values[321]["attributes"] = {"deep": [1e300 * 1e10]}
    content = json.dumps(values).replace("Infinity", "1e999")
    receipt = (await door.post(content.encode())).json()
    assert (receipt["accepted"], [item["index"] for item in receipt["rejected"]]) == (499, [321])


async def test_a_broken_line_is_refused_and_the_others_taken(door: Doors) -> None:
    content = b"\n".join([body(entry()), b'{"project_id": "sh', body(entry())])
    receipt = (await door.post(content, content_type="application/x-ndjson")).json()
    assert receipt["accepted"] == 2
    assert receipt["rejected"][0]["index"] == 1
    assert "not JSON" in receipt["rejected"][0]["errors"][0]["reason"]


async def test_nothing_valid_is_422_with_the_reasons(door: Doors) -> None:
    found = problem(await door.post(body(entry(severity="loud"), entry(message=None))), 422)
    assert [(item["index"], item["field"]) for item in found["errors"]] == [(0, "severity"), (1, "message")]
    problem(await door.post(b"[]"), 422)
    assert door.broker.seen == 0


@pytest.mark.parametrize("content", [b"", b"hello", b"[1,", b"<a/>"])
async def test_what_is_no_json_is_400(door: Doors, content: bytes) -> None:
    problem(await door.post(content), 400)


@pytest.mark.parametrize("headers", [{"content_type": "text/xml"}, {"content_encoding": "br"}])
async def test_other_formats_are_415(door: Doors, headers: dict[str, str]) -> None:
    problem(await door.post(body(entry()), **headers), 415)


async def test_requests_over_a_limit_are_413() -> None:
    async with doors(limits=Limits(request_bytes=2000, entries=3)) as door:
        problem(await door.post(b" " * 2001), 413)
        problem(await door.post(b"[{},{},{},{}]"), 413)
        problem(await door.post(gzip.compress(b" " * 100_000), content_encoding="gzip"), 413)

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(5):
                yield b" " * 500

        problem(await door.client.post(PATH, content=chunks()), 413)
        assert door.in_flight.used == 0


async def test_a_body_that_never_ends_is_408() -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.Event().wait()

    async with doors() as door:
        problem(await door.client.post(PATH, content=trickle()), 408)
        assert door.in_flight.used == 0


async def test_a_key_without_the_scope_is_403() -> None:
    async with doors(READ_KEY) as door:
        problem(await door.post(body(entry())), 403)


async def test_entries_of_another_project_are_refused(door: Doors) -> None:
    problem(await door.post(body(entry(project_id="bank"))), 403)
    receipt = (await door.post(body(entry(), entry(project_id="bank")))).json()
    assert (receipt["accepted"], receipt["rejected"][0]["index"]) == (1, 1)
    assert receipt["rejected"][0]["errors"][0]["field"] == "project_id"


async def test_a_project_may_be_left_out_with_a_bound_key_only() -> None:
    value = entry()
    del value["project_id"]
    async with doors() as door:
        assert (await door.post(body(value))).status_code == 202
        assert door.broker.logs[0]["project_id"] == "shop"
    async with doors(ADMIN) as door:
        assert problem(await door.post(body(value)), 422)["errors"][0]["field"] == "project_id"


async def test_a_user_sends_where_a_role_allows_it() -> None:
    async with doors(BOUND_USER) as door:
        assert (await door.post(body(entry()))).status_code == 202
        problem(await door.post(body(entry(project_id="bank"))), 403)
        problem(await door.post(body(entry(project_id="elsewhere"))), 404)


async def test_several_projects_in_a_request_become_a_batch_each() -> None:
    async with doors(ADMIN) as door:
        values = [entry(project_id=name) for name in ("shop", "bank", "nowhere", "bank")]
        receipt = (await door.post(body(*values))).json()
        assert (receipt["accepted"], receipt["batch_id"]) == (3, None)
        assert [item["index"] for item in receipt["rejected"]] == [2]
        assert sorted(receipt["batches"]) == ["bank", "shop"]
        assert {row["batch"] for row in door.broker.logs if row["project_id"] == "bank"} == {
            receipt["batches"]["bank"]
        }
        problem(await door.post(body(entry(project_id="nowhere"))), 404)


async def test_the_answer_waits_for_the_confirm(door: Doors) -> None:
    door.broker.gate.clear()
    waiting = asyncio.ensure_future(door.post(body(entry())))
    await wait_until(lambda: door.broker.seen == 1)
    assert not waiting.done()
    door.broker.gate.set()
    assert (await waiting).status_code == 202


@pytest.mark.parametrize(
    ("reason", "status"), [("timeout", 503), ("unreachable", 503), ("unroutable", 503), ("full", 429)]
)
async def test_without_a_confirm_the_client_is_told_to_come_back(door: Doors, reason: str, status: int) -> None:
    door.broker.failure = NotPublished(reason, "x")
    answer = await door.post(body(entry()), idempotency_key="k")
    problem(answer, status)
    assert int(answer.headers["retry-after"]) >= 1
    door.broker.failure = None
    answer = await door.post(body(entry()), idempotency_key="k")
    assert (answer.status_code, answer.json()["duplicate"]) == (202, False)


async def test_a_publish_broken_off_is_answered_and_its_key_and_bytes_are_free_again(door: Doors) -> None:
    door.broker.gate.clear()
    door.broker.failure = asyncio.CancelledError()
    calls = [asyncio.ensure_future(door.post(body(entry()), idempotency_key="k")) for _ in range(2)]
    await wait_until(lambda: door.broker.seen and door.in_flight.used)
    door.broker.gate.set()
    for answer in await asyncio.wait_for(asyncio.gather(*calls), 5):
        problem(answer, 503)
        assert int(answer.headers["retry-after"]) >= 1
    assert door.in_flight.used == 0
    door.broker.failure = None
    answer = await asyncio.wait_for(door.post(body(entry()), idempotency_key="k"), 5)
    assert (answer.status_code, answer.json()["duplicate"]) == (202, False)


async def test_more_than_fits_is_429_and_the_room_comes_back() -> None:
    async with doors(max_in_flight=1000) as door:
        door.broker.gate.clear()
        first = asyncio.ensure_future(door.post(body(entry(message="x" * 900))))
        await wait_until(lambda: door.broker.seen == 1)
        answer = await door.post(body(entry()))
        problem(answer, 429)
        assert answer.headers["retry-after"] == "1"
        door.broker.gate.set()
        assert (await first).status_code == 202
        assert door.in_flight.used == 0
        assert (await door.post(body(entry(message="x" * 2000)))).status_code == 202  # alone, it fits


async def test_a_repeat_is_one_batch(door: Doors) -> None:
    answers = [await door.post(body(entry()), idempotency_key="k") for _ in range(3)]
    assert [answer.json()["duplicate"] for answer in answers] == [False, True, True]
    assert len({answer.json()["batch_id"] for answer in answers}) == 1
    assert len(door.broker.logs) == 1


async def test_a_race_of_repeats_is_one_batch(door: Doors) -> None:
    answers = await asyncio.gather(*(door.post(body(entry()), idempotency_key="k") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(door.broker.logs) == 1


async def test_the_same_key_for_other_entries_is_409(door: Doors) -> None:
    await door.post(body(entry()), idempotency_key="k")
    problem(await door.post(body(entry(message="other")), idempotency_key="k"), 409)
    assert len(door.broker.logs) == 1


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_has_a_sane_length(door: Doors, key: str) -> None:
    problem(await door.post(body(entry()), idempotency_key=key), 400)


async def test_requests_at_the_same_time_share_a_message() -> None:
    async with doors(linger_s=0.05) as door:
        values = [entry(message=f"line {n}") for n in range(50)]
        answers = await asyncio.gather(*(door.post(body(value)) for value in values))
        assert {answer.json()["accepted"] for answer in answers} == {1}
        assert len(door.broker.published) == 1
        assert {row["message"] for row in door.broker.logs} == {value["message"] for value in values}
        places = {(row["batch"], row["row"]) for row in door.broker.logs}
        assert len(places) == 50


async def test_a_large_request_is_cut_into_messages_a_broker_takes(door: Doors) -> None:
    values = [entry(message=f"{n} " + "x" * 100_000) for n in range(100)]
    receipt = (await door.post(body(*values), idempotency_key="big")).json()
    assert receipt["accepted"] == 100
    assert len(door.broker.published) == 3
    assert [row["message"][:2] for row in door.broker.logs] == [value["message"][:2] for value in values]
    first = {(row["batch"], row["row"], row["message"]) for row in door.broker.logs}
    assert len({(batch, row) for batch, row, _ in first}) == 100

    door.broker.published.clear()
    async with doors() as restarted:  # another process makes the same batches of the same request
        await restarted.post(body(*values), idempotency_key="big")
        assert {(row["batch"], row["row"], row["message"]) for row in restarted.broker.logs} == first


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(JSON, max_size=4) | JSON | entries(), garble=st.none() | st.integers(0, 400))
def test_no_json_makes_the_server_fail(values: Any, garble: int | None) -> None:
    async def post() -> None:
        async with doors() as door:
            content = json.dumps(values).encode("utf-8", "replace")
            if garble is not None:
                content = content[:garble] + b"\x00" + content[garble:]
            answer = await door.post(content)
            assert answer.status_code in {202, 400, 403, 413, 422}, answer.text
            taken = answer.json()["accepted"] if answer.status_code == 202 else 0
            assert len(door.broker.logs) == taken

    asyncio.run(post())
