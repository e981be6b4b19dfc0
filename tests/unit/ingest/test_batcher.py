"""Slices of many requests are published as messages, and failures reach the waiting requests."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from logloop_chassis.messaging.publisher import NotPublished
from logloop_chassis.testing import wait_until
from logloop_ingest.batching.batcher import LARGE_ROWS, MAX_ROWS, MAX_UNCONFIRMED, Batcher
from logloop_ingest.batching.slices import BatchSlice, slices_of
from logloop_ingest.checking.rows import Row

from tests.unit.ingest.harness import Broker, Ingest, ingest_service


def one_slice(text: str = "x", count: int = 1, key: str | None = None) -> BatchSlice:
    rows = [Row(n, "info", "checkout", None, None, None, f"{text} {n}", None) for n in range(count)]
    [only] = slices_of("shop", rows, key)
    return only


async def test_projects_never_share_a_message() -> None:
    async with ingest_service(linger_s=0.02) as ingest:
        await asyncio.gather(*(ingest.batcher.submit(name, one_slice(name)) for name in ("shop", "bank", "shop")))
        assert sorted(project_id for _, project_id, *_ in ingest.broker.published) == ["bank", "shop"]
        for _, project_id, _, headers, _ in ingest.broker.published:
            assert headers["x-project"] == project_id
            assert headers["x-schema"] == 1


async def test_slices_with_a_key_keep_their_own_batch() -> None:
    async with ingest_service(linger_s=0.02) as ingest:
        slices = [one_slice("a", 2), one_slice("k", 3, key="k"), one_slice("b", 2)]
        free, keyed, other = await asyncio.gather(*(ingest.batcher.submit("shop", one) for one in slices))
        assert free == other != keyed
        [(*_, message_id)] = ingest.broker.published
        assert message_id == free
        rows = {(row["batch"], row["row"]): row["message"] for row in ingest.broker.logs}
        assert [rows[free, n] for n in range(4)] == ["a 0", "a 1", "b 0", "b 1"]
        assert [rows[keyed, n] for n in range(3)] == ["k 0", "k 1", "k 2"]


async def test_a_message_names_the_api_keys_that_sent_it() -> None:
    async with ingest_service(linger_s=0.02) as ingest:
        await asyncio.gather(
            *(ingest.batcher.submit("shop", one_slice(), key_id=name) for name in ("b", "a", "b", None))
        )
        [(_, _, _, headers, _)] = ingest.broker.published
        assert headers["x-key-ids"] == "a,b"
        assert headers["x-count"] == 4


async def test_a_full_message_does_not_linger() -> None:
    async with ingest_service(linger_s=3600) as ingest:
        await ingest.batcher.submit("shop", one_slice(count=MAX_ROWS))
        assert len(ingest.broker.published) == 1


async def test_a_large_message_waits_only_for_an_unconfirmed_one() -> None:
    async with ingest_service(linger_s=3600) as ingest:
        ingest.broker.gate.clear()
        first = asyncio.ensure_future(ingest.batcher.submit("shop", one_slice("first", count=LARGE_ROWS)))
        await wait_until(lambda: ingest.broker.seen == 1)
        later = [
            asyncio.ensure_future(ingest.batcher.submit("shop", one_slice("later", count=LARGE_ROWS)))
            for _ in range(2)
        ]
        await asyncio.sleep(0)
        assert ingest.broker.seen == 1
        ingest.broker.gate.set()
        await asyncio.gather(first, *later)
        assert [headers["x-count"] for *_, headers, _ in ingest.broker.published] == [LARGE_ROWS, 2 * LARGE_ROWS]


async def unconfirmed_messages(ingest: Ingest, number: int, count: int, seen: int = 0) -> "list[asyncio.Task[str]]":
    """Publish so many messages of `count` rows, one after the other, to a broker that confirms nothing."""
    ingest.broker.gate.clear()
    waiting: list[asyncio.Task[str]] = []
    for total in range(seen + 1, seen + number + 1):
        waiting.append(asyncio.create_task(ingest.batcher.submit("shop", one_slice(str(total), count))))
        await wait_until(lambda total=total: ingest.broker.seen == total)  # type: ignore[misc]
    return waiting


@pytest.mark.parametrize(("number", "count"), [(1, 1), (MAX_UNCONFIRMED, LARGE_ROWS)])
async def test_the_next_message_grows_while_others_are_unconfirmed(number: int, count: int) -> None:
    async with ingest_service(linger_s=0.001) as ingest:
        waiting = await unconfirmed_messages(ingest, number, count)
        waiting += [asyncio.create_task(ingest.batcher.submit("shop", one_slice())) for _ in range(20)]
        await wait_until(lambda: ingest.batcher._queues["shop"].is_due)
        assert ingest.broker.seen == number
        ingest.broker.gate.set()
        await asyncio.gather(*waiting)
        assert [headers["x-count"] for *_, headers, _ in ingest.broker.published] == [count] * number + [20]


async def test_one_small_message_is_published_beside_a_large_one() -> None:
    async with ingest_service(linger_s=0.001) as ingest:
        waiting = await unconfirmed_messages(ingest, 1, LARGE_ROWS)
        waiting += await unconfirmed_messages(ingest, 1, 1, seen=1)
        ingest.broker.gate.set()
        await asyncio.gather(*waiting)


async def test_a_slice_after_a_pause_does_not_linger() -> None:
    async with ingest_service(linger_s=3600) as ingest:
        assert await asyncio.wait_for(ingest.batcher.submit("shop", one_slice()), 5)
        soon = asyncio.ensure_future(ingest.batcher.submit("shop", one_slice()))
        await asyncio.sleep(0)
        assert isinstance(ingest.batcher._queues["shop"].timer, asyncio.TimerHandle)  # it lingers
        await ingest.batcher.drain()
        assert await soon
        assert await asyncio.wait_for(ingest.batcher.submit("shop", one_slice()), 5)


@pytest.mark.parametrize("reason", ["timeout", "unreachable"])
async def test_an_outage_fails_all_waiting_requests_at_once(reason: str) -> None:
    async with ingest_service(linger_s=0.001) as ingest:
        ingest.broker.failure = NotPublished(reason, "x")
        waiting = await unconfirmed_messages(ingest, MAX_UNCONFIRMED, LARGE_ROWS)
        waiting += [asyncio.create_task(ingest.batcher.submit("shop", one_slice())) for _ in range(5)]
        await wait_until(lambda: ingest.batcher._queues["shop"].is_due)
        ingest.broker.gate.set()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {NotPublished}
        assert ingest.broker.seen == MAX_UNCONFIRMED
        ingest.broker.failure = None
        assert await ingest.batcher.submit("shop", one_slice())


async def test_draining_publishes_the_waiting_slices() -> None:
    broker = Broker()
    with ThreadPoolExecutor(1) as executor:
        batcher = Batcher(broker, executor=executor, linger_s=3600)
        waiting = asyncio.ensure_future(batcher.submit("shop", one_slice()))
        await asyncio.sleep(0)
        await batcher.drain()
        assert await waiting
        assert len(broker.published) == 1
        await batcher.drain()


async def test_a_cancelled_request_does_not_affect_the_others() -> None:
    async with ingest_service(linger_s=0.02) as ingest:
        cancelled = asyncio.ensure_future(ingest.batcher.submit("shop", one_slice("cancelled")))
        stays = asyncio.ensure_future(ingest.batcher.submit("shop", one_slice("stays")))
        await asyncio.sleep(0)
        cancelled.cancel()
        assert await stays
        assert len(ingest.broker.logs) == 2


async def test_a_publish_that_is_cancelled_leaves_no_request_waiting() -> None:
    async with ingest_service(linger_s=0.001) as ingest:
        ingest.broker.failure = asyncio.CancelledError()
        with pytest.raises(NotPublished):
            await asyncio.wait_for(ingest.batcher.submit("shop", one_slice()), 5)
        await wait_until(lambda: not ingest.batcher._queues)
        ingest.broker.failure = None
        assert await ingest.batcher.submit("shop", one_slice())


@pytest.mark.parametrize("began", [True, False])
async def test_a_cancelled_task_leaves_no_request_waiting(began: bool) -> None:
    async with ingest_service(linger_s=3600) as ingest:
        ingest.broker.gate.clear()
        waiting = asyncio.ensure_future(ingest.batcher.submit("shop", one_slice(count=MAX_ROWS)))
        await wait_until(lambda: ingest.broker.seen if began else ingest.batcher._sending, every_s=0)
        for task in ingest.batcher._sending:
            task.cancel()
        with pytest.raises(NotPublished):
            await asyncio.wait_for(waiting, 5)
        await ingest.batcher.drain()
