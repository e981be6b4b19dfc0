"""The test infrastructure: isolated vhosts and databases, and nodes that survive a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aio_pika
import pymongo
import pytest
from logloop.local.mongodb import MongoNode
from logloop_chassis.testing import wait_until
from pymongo import MongoClient

from tests.containers import CONTAINERS_ENV
from tests.infra import AMQP_ENV, Infra, first_elections_are_on_disk, fresh_database, mongo_node, rabbit_node


async def _send(url: str, body: bytes) -> None:
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
        await channel.default_exchange.publish(
            aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT), routing_key=queue.name
        )


async def _receive(url: str) -> bytes | None:
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
        message = await queue.get(fail=False, no_ack=True)
        return message.body if message else None


async def test_vhosts_are_isolated(infra: Infra, fresh_amqp_url: str) -> None:
    other = infra.fresh_vhost()
    await _send(fresh_amqp_url, b"mine")
    assert await _receive(other) is None
    assert await _receive(fresh_amqp_url) == b"mine"
    infra.delete_vhost(other)


async def test_the_depth_of_a_queue_includes_messages_that_are_not_acknowledged(
    infra: Infra, fresh_amqp_url: str
) -> None:
    async with await aio_pika.connect(fresh_amqp_url, timeout=10) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("kept", durable=True)
        for body in (b"one", b"two"):
            await channel.default_exchange.publish(aio_pika.Message(body), routing_key=queue.name)
        received = await queue.get()
        assert infra.queue_depth(fresh_amqp_url, "kept") == 2
        await received.ack()
        await wait_until(lambda: infra.queue_depth(fresh_amqp_url, "kept") == 1)
    assert infra.queue_depth(fresh_amqp_url, "other") == 0


def test_mongodb_supports_majority_writes_and_transactions(mongo_url: str) -> None:
    with MongoClient[dict[str, Any]](mongo_url, w="majority", journal=True) as client:
        database = client[fresh_database()]
        database.create_collection("things")
        with client.start_session() as session, session.start_transaction():
            database.things.insert_one({"_id": 1}, session=session)
        assert database.things.count_documents({}) == 1


_left: list[str] = []


def test_a_test_fills_its_database(mongo_url: str) -> None:
    _left.append(fresh_database())
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client[_left[0]].things.create_index("name")
        client[_left[0]].things.insert_one({"name": "left"})


def test_the_database_of_an_earlier_test_comes_back_without_documents(mongo_url: str) -> None:
    name = fresh_database()
    assert name == _left[0]
    with MongoClient[dict[str, Any]](mongo_url) as client:
        assert client[name].things.count_documents({}) == 0
        assert "name_1" in client[name].things.index_information()


@pytest.mark.fault
async def test_a_killed_broker_restarts_on_the_same_port_with_its_durable_messages() -> None:
    with rabbit_node() as node:
        url = node.url
        await _send(url, b"confirmed")
        declared_at = time.time()
        await wait_until(lambda: first_elections_are_on_disk(node, declared_at))
        node.kill()
        assert not node.is_running()
        node.start()
        assert node.url == url
        assert await _receive(url) == b"confirmed"


@pytest.mark.fault
def test_a_killed_mongod_restarts_with_acknowledged_writes_even_on_another_port() -> None:
    with mongo_node() as node:
        with MongoClient[dict[str, Any]](node.url, w="majority", journal=True) as client:
            client.kept.things.insert_one({"_id": "acknowledged"})
        node.kill()
        moved = MongoNode(node.folder, node.settings)
        assert moved.port != node.port
        try:
            moved.start()
            with MongoClient[dict[str, Any]](moved.url) as client:
                assert client.kept.things.find_one() == {"_id": "acknowledged"}
        finally:
            moved.kill()


_KILLED_IN_A_TRANSACTION = """
import os, sys
from pymongo import MongoClient
client = MongoClient(sys.argv[1])
with client.start_session() as session, session.start_transaction():
    client[sys.argv[2]].things.update_one({"_id": 1}, {"$set": {"by": "killed"}}, session=session)
    os._exit(1)
"""


def test_what_a_killed_client_was_changing_is_soon_free_again(mongo_url: str) -> None:
    database = fresh_database()
    with MongoClient[dict[str, Any]](mongo_url) as client:
        things = client[database].things
        things.insert_one({"_id": 1})
        subprocess.run([sys.executable, "-c", _KILLED_IN_A_TRANSACTION, mongo_url, database], check=False)
        # MongoDB's own limit is 60 s. This is far above ours, and far below that.
        with pymongo.timeout(40):
            changed = things.update_one({"_id": 1}, {"$set": {"by": "another"}})
        assert changed.modified_count == 1
        assert things.find_one() == {"_id": 1, "by": "another"}


def test_a_frozen_mongod_can_be_resumed() -> None:
    with mongo_node() as node:
        os.kill(node.process.pid, signal.SIGSTOP)
        os.kill(node.process.pid, signal.SIGCONT)
        with MongoClient[dict[str, Any]](node.url) as client:
            assert client.admin.command("ping")["ok"] == 1


def _run_pytest(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in (AMQP_ENV, CONTAINERS_ENV)}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=Path(__file__).parents[3],
        env={**inherited, **environ},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_run_without_the_requested_containers_ends_at_once_with_one_error(tmp_path: Path) -> None:
    unreachable = f"unix://{tmp_path / 'docker.sock'}"
    run = _run_pytest("-n", "2", __file__, LOGLOOP_TEST_CONTAINERS="1", DOCKER_HOST=unreachable)
    assert run.returncode == pytest.ExitCode.USAGE_ERROR, run.stdout + run.stderr
    assert run.stderr.count("no Docker engine is reachable") == 1
    assert "Start one or set DOCKER_HOST" in run.stderr
    assert "passed" not in run.stdout
