"""Live tails over the real broker: complete for fast clients, with counts of dropped logs for slow ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
import pyarrow as pa
import pytest
from logloop_chassis.messaging.connections import keep_starting, publishing_broker, stop_quietly
from logloop_chassis.messaging.publisher import NotPublished, Publisher
from logloop_chassis.messaging.topology import declare_topology
from logloop_chassis.testing import wait_until
from logloop_contracts.channels import HEADER_COUNT, HEADER_PROJECT, LOGS, LOGS_EXCHANGE
from logloop_contracts.log_batch import encode
from logloop_query.logs.live_batches import LiveBatchesUnavailable, TransientQueue
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.limits.threads import SearchThreads
from logloop_query.logs.tail import MAX_BUFFERED, MAX_BUFFERED_BYTES, MAX_WAITING_BATCHES, Tail, Tails, TooManyTails

from tests.infra import rabbit_node
from tests.real.query.logs.storage import entry, numbered, table


@asynccontextmanager
async def open_tails(url: str, **options: Any) -> AsyncIterator[tuple[Tails, TransientQueue]]:
    queue = TransientQueue(url)
    threads = SearchThreads(2)
    tails = Tails(queue, threads, **options)
    queue.offer = tails.offer
    running = asyncio.create_task(tails.run())
    try:
        yield tails, queue
    finally:
        running.cancel()
        await queue.close()
        threads.close()


@pytest.fixture
async def publisher(emptied_amqp_url: str) -> AsyncIterator[Publisher]:
    broker = publishing_broker(emptied_amqp_url, "test")
    await broker.start()
    await declare_topology(broker)
    yield Publisher(broker, "test")
    await stop_quietly(broker)


async def publish(publisher: Publisher, rows: pa.Table, project: str = "shop") -> None:
    headers = {HEADER_PROJECT: project, HEADER_COUNT: rows.num_rows}
    await publisher.publish_bytes(
        LOGS_EXCHANGE.name, project, encode(rows), headers=headers, message_id="m", content_type=LOGS.content_type
    )


async def messages_of(tail: Tail, count: int) -> list[str]:
    found: list[str] = []

    def enough() -> bool:
        chunks, dropped = tail.take()
        assert dropped == 0
        found.extend(item["message"] for chunk in chunks for item in orjson.loads(chunk)["items"])
        return len(found) >= count

    await wait_until(enough)
    return found


async def test_an_open_tail_gets_the_logs_of_its_search(emptied_amqp_url: str, publisher: Publisher) -> None:
    async with open_tails(emptied_amqp_url) as (tails, _):
        await publish(publisher, table([entry("before", severity="error")]))
        async with (
            tails.tail("shop", parse_query("severity:error")) as tail,
            tails.tail("bank", parse_query("")) as other,
        ):
            await publish(publisher, table([entry("one", severity="error"), entry("two")]))
            await publish(publisher, table([entry("three", severity="error")]))
            assert await messages_of(tail, 2) == ["one", "three"]
            assert other.take() == ([], 0)


async def test_the_queue_exists_while_a_tail_is_open(emptied_amqp_url: str, infra: Any, publisher: Publisher) -> None:
    async with open_tails(emptied_amqp_url) as (tails, queue):
        async with tails.tail("shop", parse_query("")), tails.tail("shop", parse_query("")):
            assert queue._queue is not None
            name = queue._queue.name
        await publish(publisher, numbered(0, 1))
        assert infra.queue_depth(emptied_amqp_url, name) == 0
        async with tails.tail("shop", parse_query("")) as again:
            await publish(publisher, numbered(7, 1))
            assert await messages_of(again, 1) == ["line 7"]


async def test_a_slow_client_gets_the_number_of_dropped_logs_and_others_get_all_logs(
    emptied_amqp_url: str, publisher: Publisher
) -> None:
    async with open_tails(emptied_amqp_url) as (tails, _), tails.tail("shop", parse_query("")) as slow:
        async with tails.tail("shop", parse_query('"line 0"')) as quick:
            for _ in range(8):
                await publish(publisher, numbered(0, 1500))
            assert len(await messages_of(quick, 8)) == 8

        chunks, dropped = slow.take()
        shown = sum(len(orjson.loads(chunk)["items"]) for chunk in chunks)
        assert dropped > 0
        assert shown <= MAX_BUFFERED
        assert shown + dropped == 12_000


async def test_a_slow_client_of_long_logs_is_limited_by_their_bytes(
    emptied_amqp_url: str, publisher: Publisher
) -> None:
    batches, each, length = 6, 40, 60_000
    async with open_tails(emptied_amqp_url) as (tails, _), tails.tail("shop", parse_query("")) as slow:
        async with tails.tail("shop", parse_query('"last"')) as quick:
            for number in range(batches):
                rows = [entry("x" * length) for _ in range(each)]
                rows[-1] = entry("last") if number == batches - 1 else rows[-1]
                await publish(publisher, table(rows))
            assert len(await messages_of(quick, 1)) == 1

        chunks, dropped = slow.take()
        assert sum(map(len, chunks)) < MAX_BUFFERED_BYTES + each * (length + 1000)
        assert sum(len(orjson.loads(chunk)["items"]) for chunk in chunks) + dropped == batches * each
        assert dropped > 0


async def test_waiting_batches_over_the_limit_are_counted_without_being_read() -> None:
    class Nothing:
        async def follow(self, project_id: str) -> None:
            """Never needed."""

        async def leave(self, project_id: str) -> None:
            """Never needed."""

    tails = Tails(Nothing(), SearchThreads(1))
    async with tails.tail("shop", parse_query("")) as tail:
        for _ in range(MAX_WAITING_BATCHES + 3):
            tails.offer("shop", b"never decoded", 100)
        assert tail.take() == ([], 300)


async def test_an_unreadable_batch_does_not_close_a_tail(emptied_amqp_url: str, publisher: Publisher) -> None:
    async with open_tails(emptied_amqp_url) as (tails, _), tails.tail("shop", parse_query("")) as tail:
        tails.offer("shop", b"rubbish", 1)
        await publish(publisher, numbered(0, 1))
        assert await messages_of(tail, 1) == ["line 0"]


async def test_tails_close_with_a_reason_when_the_service_stops(emptied_amqp_url: str, publisher: Publisher) -> None:
    stopping = asyncio.Event()
    async with open_tails(emptied_amqp_url) as (tails, _), tails.tail("shop", parse_query("")) as tail:
        closing = asyncio.create_task(tails.close_when(stopping))
        stopping.set()
        await closing
        await tail.wait(5)
        assert tail.closed == "stopping"
    assert publisher is not None


async def test_too_many_tails_and_an_unreachable_broker_are_rejected() -> None:
    async with open_tails("amqp://guest:guest@127.0.0.1:1/", most=0) as (tails, _):
        with pytest.raises(TooManyTails):
            await tails.tail("shop", parse_query("")).__aenter__()
    async with open_tails("amqp://guest:guest@127.0.0.1:1/") as (tails, _):
        for _ in range(2):
            with pytest.raises(LiveBatchesUnavailable):
                await tails.tail("shop", parse_query("")).__aenter__()


async def test_a_tail_continues_after_the_broker_was_killed() -> None:
    with rabbit_node() as node:
        broker = publishing_broker(node.url, "test")
        await keep_starting("test", broker.start)
        await declare_topology(broker)
        publisher = Publisher(broker, "test")
        async with open_tails(node.url) as (tails, _), tails.tail("shop", parse_query("")) as tail:
            await publish(publisher, numbered(0, 1))
            assert await messages_of(tail, 1) == ["line 0"]
            node.kill()
            await asyncio.to_thread(node.start)

            async def shown_again() -> bool:
                with suppress(NotPublished):
                    await publish(publisher, numbered(1, 1))
                chunks, _ = tail.take()
                return bool(chunks)

            await wait_until(shown_again, timeout_s=60, every_s=0.5)
        await stop_quietly(broker)
