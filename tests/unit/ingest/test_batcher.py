"""Parts of many requests become messages, and failures reach those who wait."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from logloop_chassis.messaging.publisher import NotPublished
from logloop_chassis.testing import wait_until
from logloop_ingest.batching.batcher import MAX_ROWS, MAX_UNCONFIRMED, READY_ROWS, Batcher
from logloop_ingest.batching.messages import Part, parts_of
from logloop_ingest.checking.entry import Row

from tests.unit.ingest.harness import Broker, doors


def part(text: str = "x", count: int = 1, key: str | None = None) -> Part:
    rows = [Row(n, "info", "checkout", None, None, None, f"{text} {n}", None) for n in range(count)]
    [only] = parts_of("shop", rows, key)
    return only


async def test_projects_never_share_a_message() -> None:
    async with doors(linger_s=0.02) as door:
        await asyncio.gather(*(door.batcher.submit(name, part(name)) for name in ("shop", "bank", "shop")))
        assert sorted(project_id for _, project_id, *_ in door.broker.published) == ["bank", "shop"]
        for _, project_id, _, headers, _ in door.broker.published:
            assert headers["x-project"] == project_id
            assert headers["x-schema"] == 1


async def test_keyed_parts_keep_their_batch_beside_others() -> None:
    async with doors(linger_s=0.02) as door:
        parts = [part("a", 2), part("k", 3, key="k"), part("b", 2)]
        free, keyed, other = await asyncio.gather(*(door.batcher.submit("shop", one) for one in parts))
        assert free == other != keyed
        [(*_, message_id)] = door.broker.published
        assert message_id == free
        rows = {(row["batch"], row["row"]): row["message"] for row in door.broker.logs}
        assert [rows[free, n] for n in range(4)] == ["a 0", "a 1", "b 0", "b 1"]
        assert [rows[keyed, n] for n in range(3)] == ["k 0", "k 1", "k 2"]


async def test_the_keys_that_sent_are_named() -> None:
    async with doors(linger_s=0.02) as door:
        await asyncio.gather(*(door.batcher.submit("shop", part(), key_id=name) for name in ("b", "a", "b", None)))
        [(_, _, _, headers, _)] = door.broker.published
        assert headers["x-key-ids"] == "a,b"
        assert headers["x-count"] == 4


async def test_a_full_message_does_not_linger() -> None:
    async with doors(linger_s=3600) as door:
        await door.batcher.submit("shop", part(count=MAX_ROWS))
        assert len(door.broker.published) == 1


async def test_a_large_message_waits_for_nothing_but_one_under_way() -> None:
    async with doors(linger_s=3600) as door:
        door.broker.gate.clear()
        first = asyncio.ensure_future(door.batcher.submit("shop", part("first", count=READY_ROWS)))
        await wait_until(lambda: door.broker.seen == 1)
        later = [
            asyncio.ensure_future(door.batcher.submit("shop", part("later", count=READY_ROWS))) for _ in range(2)
        ]
        await asyncio.sleep(0)
        assert door.broker.seen == 1
        door.broker.gate.set()
        await asyncio.gather(first, *later)
        assert [headers["x-count"] for *_, headers, _ in door.broker.published] == [READY_ROWS, 2 * READY_ROWS]


async def test_while_messages_are_unconfirmed_the_next_one_grows() -> None:
    async with doors(linger_s=0.001) as door:
        door.broker.gate.clear()
        waiting = []
        for number in range(MAX_UNCONFIRMED):
            waiting.append(asyncio.ensure_future(door.batcher.submit("shop", part(str(number)))))
            await wait_until(lambda number=number: door.broker.seen == number + 1)  # type: ignore[misc]
        waiting += [asyncio.ensure_future(door.batcher.submit("shop", part())) for _ in range(20)]
        await wait_until(lambda: door.batcher._lanes["shop"].is_due)
        assert door.broker.seen == MAX_UNCONFIRMED
        door.broker.gate.set()
        await asyncio.gather(*waiting)
        assert door.broker.seen == MAX_UNCONFIRMED + 1


@pytest.mark.parametrize("reason", ["timeout", "unreachable"])
async def test_an_outage_is_told_to_all_at_once(reason: str) -> None:
    async with doors(linger_s=0.001) as door:
        door.broker.gate.clear()
        door.broker.failure = NotPublished(reason, "x")
        waiting = []
        for number in range(MAX_UNCONFIRMED):
            waiting.append(asyncio.ensure_future(door.batcher.submit("shop", part(str(number)))))
            await wait_until(lambda number=number: door.broker.seen == number + 1)  # type: ignore[misc]
        waiting += [asyncio.ensure_future(door.batcher.submit("shop", part())) for _ in range(5)]
        await wait_until(lambda: door.batcher._lanes["shop"].is_due)
        door.broker.gate.set()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {NotPublished}
        assert door.broker.seen == MAX_UNCONFIRMED
        door.broker.failure = None
        assert await door.batcher.submit("shop", part())


async def test_draining_publishes_what_waits() -> None:
    broker = Broker()
    with ThreadPoolExecutor(1) as executor:
        batcher = Batcher(broker, executor=executor, linger_s=3600)
        waiting = asyncio.ensure_future(batcher.submit("shop", part()))
        await asyncio.sleep(0)
        await batcher.drain()
        assert await waiting
        assert len(broker.published) == 1
        await batcher.drain()


async def test_a_request_that_went_away_does_not_hurt_the_others() -> None:
    async with doors(linger_s=0.02) as door:
        gone = asyncio.ensure_future(door.batcher.submit("shop", part("gone")))
        stays = asyncio.ensure_future(door.batcher.submit("shop", part("stays")))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays
        assert len(door.broker.logs) == 2


async def test_a_send_that_is_broken_off_leaves_nobody_waiting() -> None:
    async with doors(linger_s=0.001) as door:
        door.broker.failure = asyncio.CancelledError()
        with pytest.raises(NotPublished):
            await asyncio.wait_for(door.batcher.submit("shop", part()), 5)
        assert not door.batcher._lanes
        door.broker.failure = None
        assert await door.batcher.submit("shop", part())


@pytest.mark.parametrize("began", [True, False])
async def test_a_send_whose_task_is_cancelled_leaves_nobody_waiting(began: bool) -> None:
    async with doors(linger_s=3600) as door:
        door.broker.gate.clear()
        waiting = asyncio.ensure_future(door.batcher.submit("shop", part(count=MAX_ROWS)))
        await wait_until(lambda: door.broker.seen if began else door.batcher._sending, every_s=0)
        for task in door.batcher._sending:
            task.cancel()
        with pytest.raises(NotPublished):
            await asyncio.wait_for(waiting, 5)
        await door.batcher.drain()
