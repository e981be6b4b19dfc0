"""Logs over HTTP reach query's queue once, and only confirmed logs count as accepted."""

import asyncio
import gzip
import json
from datetime import timedelta

import pytest
from logloop_chassis.testing import wait_until
from logloop_contracts.channels import LOGS_EXCHANGE, QUERY_LOGS
from logloop_contracts.key_usage import KEY_USAGE

from tests.infra import rabbit_node
from tests.real.ingest.conftest import ADMIN_KEY, SHOP_KEY, Ingest, entry, running, together


async def test_accepted_logs_are_in_the_queue(ingest: Ingest) -> None:
    values = [entry(f"line {n}", attributes={"n": n}) for n in range(1000)]
    answer = await ingest.post(gzip.compress(json.dumps(values).encode()), content_encoding="gzip")
    assert answer.status_code == 202, answer.text
    rows = await ingest.logs()
    assert [row["message"] for row in rows] == [f"line {n}" for n in range(1000)]
    assert {row["batch"] for row in rows} == {answer.json()["batch_id"]}
    assert {row["project_id"] for row in rows} == {"shop"}
    assert rows[7]["attributes"] == '{"n":7}'
    assert rows[7]["pattern"] == "line <*>"


async def test_fifty_concurrent_requests_are_all_queued(ingest: Ingest) -> None:
    answers = await together(*(ingest.post([entry(f"{n}.{m}") for m in range(20)]) for n in range(50)))
    assert {answer.status_code for answer in answers} == {202}
    rows = await ingest.logs()
    assert sorted(row["message"] for row in rows) == sorted(f"{n}.{m}" for n in range(50) for m in range(20))
    assert len({(row["batch"], row["row"]) for row in rows}) == 1000


async def test_the_body_limit_holds_to_the_last_byte(ingest: Ingest) -> None:
    assert (await ingest.post(b" " * (32 * 2**20) + b"x")).status_code == 413
    largest = [entry("x" * 200_000) for _ in range(100)]
    assert (await ingest.post(largest)).status_code == 202
    assert len(await ingest.logs()) == 100


async def test_a_key_may_be_sent_in_its_own_header(ingest: Ingest) -> None:
    answer = await ingest.client.post("/api/v1/logs", json=entry(), headers={"X-API-Key": ADMIN_KEY})
    assert answer.status_code == 422  # authenticated, but not bound to a project
    answer = await ingest.client.post("/api/v1/logs", json=entry(project_id="shop"), headers={"X-API-Key": ADMIN_KEY})
    assert answer.status_code == 202
    assert (await ingest.client.post("/api/v1/logs", json=entry())).status_code == 401
    assert (await ingest.post(entry(), key="llk_shopshop01_wrong")).status_code == 401


async def test_an_unknown_project_is_404_for_an_administrator_and_403_for_a_key(ingest: Ingest) -> None:
    assert (await ingest.post(entry(project_id="nowhere"), key=ADMIN_KEY)).status_code == 404
    assert (await ingest.post(entry(project_id="nowhere"))).status_code == 403


async def test_a_duplicate_is_one_batch_even_after_a_restart(ingest: Ingest, mongo_url: str) -> None:
    first = await ingest.post([entry("a"), entry("b")], idempotency_key="run-1")
    again = await ingest.post([entry("a"), entry("b")], idempotency_key="run-1")
    assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
    database = ingest.resources.settings.mongo_database
    async with running(ingest.amqp_url, mongo_url, mongo_database=database) as other:
        await wait_until(other.is_ready)
        refused = await other.post([entry("a"), entry("c")], idempotency_key="run-1")
        later = await other.post([entry("a"), entry("b")], idempotency_key="run-1")
    assert refused.status_code == 409
    assert later.status_code == 202
    rows = await ingest.logs()
    # The other process does not remember the first request, but makes the same batch, which query stores once.
    assert len(rows) == 4
    assert {row["batch"] for row in rows} == {first.json()["batch_id"]} == {later.json()["batch_id"]}
    assert {(row["row"], row["message"]) for row in rows} == {(0, "a"), (1, "b")}


async def test_of_two_processes_that_get_a_key_with_different_entries_one_accepts(
    ingest: Ingest, mongo_url: str
) -> None:
    database = ingest.resources.settings.mongo_database
    async with running(ingest.amqp_url, mongo_url, mongo_database=database) as other:
        await wait_until(other.is_ready)
        calls = [
            process.post(entry(f"{process is other}"), idempotency_key=f"k-{number}")
            for number in range(10)
            for process in (ingest, other)
        ]
        statuses = [answer.status_code for answer in await together(*calls)]
    pairs = zip(statuses[::2], statuses[1::2], strict=True)
    assert {tuple(sorted(pair)) for pair in pairs} == {(202, 409)}
    assert len(await ingest.logs()) == 10
    key = await ingest.resources.database["idempotency_keys"].find_one({})
    assert key is not None
    assert key["expires_at"] - key["stored_at"] > timedelta(days=30)  # at least as long as the logs


async def test_logs_without_a_queue_are_not_accepted(ingest: Ingest) -> None:
    channel = await ingest.resources.publisher.broker.connect()
    async with await channel.channel() as opened:
        queue = await opened.get_queue(QUERY_LOGS.name)
        await queue.unbind(LOGS_EXCHANGE.name, routing_key="*")
        for name in ("ci-bridge.logs",):
            await (await opened.get_queue(name)).unbind(LOGS_EXCHANGE.name, routing_key="*")
        answer = await ingest.post(entry())
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        await queue.bind(LOGS_EXCHANGE.name, routing_key="*")
    assert (await ingest.post(entry())).status_code == 202


async def test_a_cached_key_is_valid_during_an_outage_of_the_database(emptied_amqp_url: str, mongo_url: str) -> None:
    async with running(emptied_amqp_url, mongo_url) as ingest:
        await wait_until(ingest.is_ready)
        assert (await ingest.post(entry())).status_code == 202
        await ingest.resources.mongo.close()  # every query fails from now on
        ingest.resources.authenticator._keys._items["api_keys/shopshop01"] = (
            ingest.resources.authenticator._keys._items["api_keys/shopshop01"][0] - 60,
            ingest.resources.authenticator._keys._items["api_keys/shopshop01"][1],
        )
        assert (await ingest.post(entry("during the outage"))).status_code == 202
        assert len(await ingest.logs()) == 2


async def test_stopping_finishes_open_requests(emptied_amqp_url: str, mongo_url: str) -> None:
    async with running(emptied_amqp_url, mongo_url, ingest_linger_ms=3_600_000) as ingest:
        await wait_until(ingest.is_ready)
        assert (await ingest.post(entry("published at once"))).status_code == 202
        waiting = asyncio.ensure_future(ingest.post(entry("the last one")))
        await wait_until(lambda: ingest.endpoint.in_flight.used > 0)
    assert (await waiting).status_code == 202
    assert [row["message"] for row in await ingest.logs()] == ["published at once", "the last one"]


async def test_the_documented_examples_are_accepted_and_every_response_is_documented(ingest: Ingest) -> None:
    operation = (await ingest.client.get("/openapi.json")).json()["paths"]["/api/v1/logs"]["post"]
    assert {"202", "400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "503"} <= set(
        operation["responses"]
    )
    content = operation["requestBody"]["content"]
    for kind, shown in content.items():
        for example in shown["examples"].values():
            body = example["value"] if isinstance(example["value"], str) else json.dumps(example["value"])
            answer = await ingest.post(body.encode(), content_type=kind)
            assert answer.status_code == 202, answer.text


async def test_metrics_count_accepted_and_rejected_entries(ingest: Ingest) -> None:
    await ingest.post([entry(), entry(severity="loud")])
    await ingest.post([entry(severity="loud")])
    text = (await ingest.client.get("/metrics")).text
    for name in (
        'logloop_ingest_accepted_total{door="http"}',
        'logloop_ingest_rejected_total{door="http",reason="bad_severity"}',
        'logloop_publish_seconds_count{exchange="logloop.logs"}',
        "logloop_ingest_in_flight_bytes 0.0",
        'logloop_http_requests_total{method="POST",route="/api/v1/logs",service="ingest",status="202"}',
        'logloop_http_requests_total{method="POST",route="/api/v1/logs",service="ingest",status="422"}',
        'logloop_http_request_seconds_count{route="/api/v1/logs",service="ingest"}',
    ):
        assert name in text


@pytest.mark.fault
async def test_during_an_outage_of_the_broker_clients_get_503_and_no_confirmed_log_is_lost(mongo_url: str) -> None:
    with rabbit_node() as node:
        async with running(node.url, mongo_url) as ingest:
            await wait_until(ingest.is_ready)
            assert (await ingest.post(entry("before"))).status_code == 202
            await asyncio.to_thread(node.kill)
            answer = await ingest.post(entry("during the outage"), idempotency_key="once")
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            await asyncio.to_thread(node.start)

            async def accepted() -> bool:
                again = await ingest.post(entry("during the outage"), idempotency_key="once")
                assert again.status_code in {202, 503}
                return again.status_code == 202

            await wait_until(accepted, timeout_s=60)
            rows = {(row["batch"], row["row"], row["message"]) for row in await ingest.logs()}
            assert sorted(message for _, _, message in rows) == ["before", "during the outage"]


async def test_what_a_key_sends_is_counted_and_limited(ingest: Ingest) -> None:
    key_id, database = SHOP_KEY.split("_")[1], ingest.resources.database
    await database["api_keys"].update_one({"_id": key_id}, {"$set": {"daily_quota_bytes": 2048}})
    assert (await ingest.post([entry(), entry()])).status_code == 202

    refused = await ingest.post([entry("x" * 1850)])

    assert refused.status_code == 429, refused.text

    async def counted() -> bool:
        day = await database[KEY_USAGE].find_one({"counted_as": key_id})
        return day is not None and (day["entries"], day["refused"]) == (2, 1)

    await wait_until(counted)
