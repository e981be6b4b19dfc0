"""A broker and a mongod that fault tests may kill, with a platform that survives the tests or a new one per test."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import aio_pika
import pytest
from logloop.local.mongodb import MongoNode
from logloop.local.rabbitmq import RabbitNode

from tests.infra import Infra, fresh_database, mongo_node, rabbit_node
from tests.system.faults.stream import NumberedStream, Verdict, judge
from tests.system.platform import Platform, wait_for

_SETTLED_TIMEOUT_S = 60.0


@dataclass
class Nodes:
    """The broker and mongod of the fault tests, with a vhost and a database for one test."""

    rabbit: RabbitNode
    mongo: MongoNode
    vhost: str
    database: str

    @property
    def amqp_url(self) -> str:
        """AMQP URL of this test's vhost."""
        return self.rabbit.vhost_url(self.vhost)

    def start(self) -> None:
        """Start each node that does not run."""
        for node in (self.rabbit, self.mongo):
            if not node.is_running():
                node.start()

    def queue_depth(self, queue: str) -> int:
        """Return the number of messages in a queue, including unacknowledged ones."""
        management = f"http://guest:guest@127.0.0.1:{self.rabbit.management_port}"
        return Infra(self.rabbit.url, self.mongo.url, management).queue_depth(self.amqp_url, queue)

    def consumers(self, queue: str) -> int:
        """Return the number of consumers of a queue; 0 if it does not exist."""

        async def count() -> int:
            async with await aio_pika.connect(self.amqp_url) as connection:
                channel = await connection.channel()
                try:
                    found = await channel.declare_queue(queue, passive=True)
                except aio_pika.exceptions.ChannelNotFoundEntity:
                    return 0
                return found.declaration_result.consumer_count or 0

        return asyncio.run(count())


@pytest.fixture(scope="package")
def _package_nodes() -> Iterator[tuple[RabbitNode, MongoNode]]:
    with ExitStack() as stack:
        yield stack.enter_context(rabbit_node()), stack.enter_context(mongo_node())


@pytest.fixture
def nodes(_package_nodes: tuple[RabbitNode, MongoNode]) -> Iterator[Nodes]:
    """Both nodes running, whatever state the previous test left them in."""
    nodes = Nodes(*_package_nodes, f"fault-{uuid4().hex[:8]}", fresh_database())
    nodes.start()
    nodes.rabbit.add_vhost(nodes.vhost)
    yield nodes
    if nodes.rabbit.is_running():
        nodes.rabbit.delete_vhost(nodes.vhost)


class Survivor(NamedTuple):
    """A platform of ingest and query that goes through the faults of many tests, with its nodes."""

    platform: Platform
    nodes: Nodes


@pytest.fixture(scope="package")
def _package_survivor(
    _package_nodes: tuple[RabbitNode, MongoNode], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Survivor]:
    nodes = Nodes(*_package_nodes, f"fault-{uuid4().hex[:8]}", fresh_database())
    nodes.start()
    nodes.rabbit.add_vhost(nodes.vhost)
    platform = Platform(nodes.amqp_url, nodes.mongo.url, nodes.database, tmp_path_factory.mktemp("survivor"))
    yield Survivor(platform, nodes)
    platform.stop()


@pytest.fixture
def survivor(_package_survivor: Survivor) -> Survivor:
    """The surviving platform and its nodes, all running and ready, with a fresh project."""
    platform, nodes = _package_survivor
    nodes.start()
    platform.project = f"shop-{uuid4().hex[:8]}"
    platform.start()
    return _package_survivor


NewPlatform = Callable[..., Platform]


@pytest.fixture
def new_platform(nodes: Nodes, tmp_path: Path) -> Iterator[NewPlatform]:
    """Return a factory of platforms on the nodes, not started; their processes are killed after the test."""
    created: list[Platform] = []

    def create(services: Sequence[str] = ("query", "ingest"), env: Mapping[str, str] | None = None) -> Platform:
        folder = tmp_path / f"platform-{len(created)}"
        platform = Platform(nodes.amqp_url, nodes.mongo.url, nodes.database, folder, services=services, env=env)
        created.append(platform)
        return platform

    yield create
    for platform in created:
        platform.stop()


def stream_to(platform: Platform, **settings: float) -> NumberedStream:
    """Return a numbered stream into the platform's ingest."""
    url = f"{platform['ingest'].url}/api/v1/logs"
    return NumberedStream(url, platform.headers, platform.project, **settings)  # type: ignore[arg-type]


def messages_in(platform: Platform) -> list[str]:
    """Return the messages of all stored logs."""
    return [line["message"] for line in platform.stored_lines()]


def assert_each_line_once(platform: Platform, nodes: Nodes, stream: NumberedStream) -> None:
    """Wait until the queues are empty; then check that each acknowledged line is stored once and nothing is dead."""
    ledger = stream.ledger
    assert ledger.acknowledged, "no line was acknowledged, so the test proves nothing"
    verdict: Verdict | None = None

    def settled() -> bool:
        nonlocal verdict
        if any(nodes.queue_depth(queue) for queue in ("query.logs", "query.logs.retry", "ingest.intake")):
            return False
        verdict = judge(ledger, messages_in(platform))
        return not verdict.missing

    try:
        wait_for(settled, timeout_s=_SETTLED_TIMEOUT_S, every_s=0.3, what="every acknowledged line being stored")
    except AssertionError as error:
        raise AssertionError(f"{error}; {verdict}") from None
    assert verdict is not None
    assert verdict.is_clean, str(verdict)
    assert platform.dead_letters() == []
    assert ledger.without_retry_after == 0, "a rejection must have a Retry-After header"
