"""Each service does its work with its own account of the broker, which refuses everything else."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPError
from aiormq.exceptions import ChannelAccessRefused
from logloop.local.rabbitmq import RabbitNode, RabbitSettings
from logloop_chassis.messaging.connections import publishing_broker
from logloop_chassis.messaging.publisher import NotPublished, Publisher
from logloop_chassis.messaging.topology import declare_topology
from logloop_chassis.testing import wait_until
from logloop_contracts.analyses import AnalysisProgress
from logloop_contracts.broker_accounts import SENDER, all_rights, definitions, new_password
from logloop_contracts.channels import (
    ANALYSES_EXCHANGE,
    ANALYSIS_PROGRESS,
    ANALYSIS_REQUESTED,
    CHANNELS,
    CI_EXCHANGE,
    CI_RUN_COMPLETED,
    DEAD_EXCHANGE,
    EXCHANGES,
    INGEST_INTAKE,
    INTAKE,
    INTAKE_EXCHANGE,
    QUERY_ANALYSES,
    QUEUES,
    RETRY_EXCHANGE,
)

from tests.infra import Infra, memory_folder
from tests.real.chassis.test_service_app import DEAD, Running, running, settings

ACCOUNTS = tuple(all_rights())
PASSWORDS = {name: new_password() for name in ACCOUNTS}
OLD_PASSWORD = "the only one"  # of a node on loopback
KEPT = b"sent before the update"

Operation = Callable[[AbstractChannel], Awaitable[object]]


@pytest.fixture(scope="module")
def node() -> Iterator[RabbitNode]:
    """A broker with accounts, whose data is from a version with one account for everything."""
    with memory_folder() as folder:
        old = RabbitNode(folder, RabbitSettings(SENDER, OLD_PASSWORD, on_parent_death="KILL"))
        new = RabbitNode(
            folder,
            RabbitSettings(SENDER, PASSWORDS[SENDER], on_parent_death="KILL", definitions=definitions(PASSWORDS)),
        )
        try:
            old.start()
            _leave_a_message(old)
            old.stop()
            new.start()
            yield new
        finally:
            old.kill()
            new.kill()


def _leave_a_message(node: RabbitNode) -> None:
    """Declare the topology with the account of the old version, which had no retry exchange, and send an entry."""

    async def leave() -> None:
        async with publishing_broker(node.url, "ingest") as broker:
            await broker.start()
            await declare_topology(broker)
            await broker.publish(KEPT, exchange=INTAKE_EXCHANGE.name, routing_key="shop", persist=True)
        async with await aio_pika.connect(node.url) as connection, connection.channel() as channel:
            await channel.exchange_delete(RETRY_EXCHANGE.name)

    asyncio.run(leave())


def url(node: RabbitNode, account: str) -> str:
    return node.account_url(account, PASSWORDS[account])


@asynccontextmanager
async def connected(node: RabbitNode, account: str) -> AsyncIterator[AbstractConnection]:
    async with await aio_pika.connect(url(node, account)) as connection:
        yield connection


async def is_allowed(connection: AbstractConnection, operation: Operation) -> bool:
    """Return whether the broker does it. A refusal closes the channel, so each operation has its own."""
    channel = await connection.channel()
    try:
        await operation(channel)
    except ChannelAccessRefused:
        return False
    if not channel.is_closed:
        await channel.close()
    return True


def publish(exchange: str, key: str) -> Operation:
    async def run(channel: AbstractChannel) -> None:
        target = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
        await target.publish(aio_pika.Message(b"", expiration=0.001), key, mandatory=False)

    return run


def read(queue: str) -> Operation:
    async def run(channel: AbstractChannel) -> None:
        message = await (await channel.get_queue(queue, ensure=False)).get(fail=False)
        if message is not None:
            await message.reject(requeue=True)

    return run


def bind(queue: str, exchange: str, key: str) -> Operation:
    async def run(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).bind(exchange, key)

    return run


def delete(queue: str) -> Operation:
    return lambda channel: channel.queue_delete(queue)


def delete_exchange(name: str) -> Operation:
    return lambda channel: channel.exchange_delete(name)


def declare_exchange(name: str) -> Operation:
    return lambda channel: channel.declare_exchange(name, "topic", durable=True)


async def test_what_an_older_version_left_in_a_queue_is_kept(node: RabbitNode) -> None:
    async with connected(node, "ingest") as connection:
        queue = await (await connection.channel()).get_queue(INGEST_INTAKE.name)
        message = await queue.get()
        assert message is not None
        assert message.body == KEPT
        await message.ack()


async def test_the_password_of_an_older_version_is_no_longer_valid(node: RabbitNode) -> None:
    with pytest.raises(AMQPError, match="ACCESS_REFUSED"):
        await aio_pika.connect(node.account_url(SENDER, OLD_PASSWORD))


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_an_account_sends_and_receives_what_the_channel_map_says(node: RabbitNode, account: str) -> None:
    async with connected(node, account) as connection:
        for channel in CHANNELS:
            key = "shop" if channel.key == "*" else channel.key
            may = account in channel.producers or (channel is INTAKE and account == SENDER)
            assert await is_allowed(connection, publish(channel.exchange.name, key)) is may, channel.event_type
        for queue in QUEUES:
            for name in (queue.name, queue.retry, queue.dead):
                is_own = queue.consumer == account
                assert await is_allowed(connection, read(name)) is is_own, name
                assert not await is_allowed(connection, publish("", name)), name
                assert is_own or not await is_allowed(connection, delete(name)), name
                for exchange in (RETRY_EXCHANGE, DEAD_EXCHANGE):
                    assert await is_allowed(connection, publish(exchange.name, name)) is is_own, (exchange, name)


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_an_account_changes_nothing_that_others_use(node: RabbitNode, account: str) -> None:
    async with connected(node, account) as connection:
        for exchange in EXCHANGES:
            assert not await is_allowed(connection, delete_exchange(exchange.name))
            assert not await is_allowed(connection, declare_exchange(exchange.name))
        assert not await is_allowed(connection, declare_exchange("mine"))
        assert not await is_allowed(connection, lambda it: it.declare_queue("mine"))
        for queue in (queue for queue in QUEUES if queue.consumer != account):
            assert not await is_allowed(connection, bind(queue.name, ANALYSES_EXCHANGE.name, "#"))


async def test_a_queue_is_bound_to_no_other_messages(node: RabbitNode) -> None:
    analyses = ANALYSES_EXCHANGE.name
    async with connected(node, "query") as connection:
        assert await is_allowed(connection, bind(QUERY_ANALYSES.name, analyses, ANALYSIS_PROGRESS.key))
        for key in (ANALYSIS_REQUESTED.key, "#", "*.v1"):
            assert not await is_allowed(connection, bind(QUERY_ANALYSES.name, analyses, key))
        assert not await is_allowed(connection, bind(QUERY_ANALYSES.name, DEAD_EXCHANGE.name, "ingest.intake"))
        assert not await is_allowed(connection, bind(QUERY_ANALYSES.name, CI_EXCHANGE.name, CI_RUN_COMPLETED.key))


async def test_a_service_retries_dead_letters_and_repairs_with_its_own_account(
    node: RabbitNode, mongo_url: str
) -> None:
    async with running(settings(url(node, "query"), mongo_url)) as query, sender(node, "analyzer") as analyzer:
        await wait_until(query.is_ready)
        await send(analyzer, "later")
        await wait_until(lambda: query.attempts.get("later") == 3)

        await send(analyzer, "dead")
        await wait_until(lambda: is_dead(query, "e-dead"))
        retried = await query.client.post(f"{DEAD}/{QUERY_ANALYSES.name}/e-dead/retry")
        assert retried.is_success, retried.text
        await wait_until(lambda: query.attempts["dead"] == 2)
        await wait_until(lambda: is_dead(query, "e-dead"))
        deleted = await query.client.delete(f"{DEAD}/{QUERY_ANALYSES.name}/e-dead")
        assert deleted.is_success, deleted.text

        async with connected(node, "query") as connection:
            assert await is_allowed(connection, delete(QUERY_ANALYSES.name))

        async def arrives() -> bool:
            with contextlib.suppress(NotPublished):
                await send(analyzer, "after")
            return "after" in query.seen

        await wait_until(arrives)


async def test_a_service_with_all_rights_declares_what_the_definitions_contain(
    infra: Infra, fresh_amqp_url: str
) -> None:
    async with publishing_broker(fresh_amqp_url, "ingest") as broker:
        await broker.start()
        await declare_topology(broker)
    found = infra.definitions(fresh_amqp_url)
    wanted = definitions(PASSWORDS)
    for kind in ("exchanges", "queues", "bindings"):
        assert as_set(found[kind]) == as_set(wanted[kind])


def as_set(items: list[dict[str, Any]]) -> set[str]:
    """Return what `GET /api/definitions` and our definitions have in common, to compare it in any order."""
    return {
        json.dumps({name: value for name, value in item.items() if name not in ("vhost", "type")}, sort_keys=True)
        for item in items
    }


@asynccontextmanager
async def sender(node: RabbitNode, service: str) -> AsyncIterator[Publisher]:
    async with publishing_broker(url(node, service), service) as broker:
        await broker.start()
        yield Publisher(broker, service)


async def send(publisher: Publisher, text: str) -> None:
    progress = AnalysisProgress(analysis_id="a", seq=1, stage="started", text=text)
    await publisher.publish_event(ANALYSIS_PROGRESS, progress, project_id="shop", event_id=f"e-{text}")


async def is_dead(service: Running, letter: str) -> bool:
    return letter in [item["id"] for item in (await service.dead_letters())["items"]]
