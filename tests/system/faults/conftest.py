"""A broker and a mongod that fault tests may kill, and a fresh platform on them for each test."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from logloop.local.mongodb import MongoNode
from logloop.local.rabbitmq import RabbitNode

from tests.infra import Infra, fresh_database, mongo_node, rabbit_node
from tests.system.faults.stream import NumberedStream, Verdict, judge
from tests.system.platform import Platform, wait_for

_SETTLED_TIMEOUT_S = 60.0


@dataclass
class Parts:
    """A broker and a mongod of the fault tests' own, with a vhost and a database for one test."""

    rabbit: RabbitNode
    mongo: MongoNode
    vhost: str
    database: str

    @property
    def amqp_url(self) -> str:
        """The vhost of this test."""
        return self.rabbit.vhost_url(self.vhost)

    def waiting(self, queue: str) -> int:
        """Messages in a queue, unacknowledged ones included."""
        management = f"http://guest:guest@127.0.0.1:{self.rabbit.management_port}"
        return Infra(self.rabbit.url, self.mongo.url, management).queue_depth(self.amqp_url, queue)


@pytest.fixture(scope="session")
def _nodes() -> Iterator[tuple[RabbitNode, MongoNode]]:
    with ExitStack() as stack:
        yield stack.enter_context(rabbit_node()), stack.enter_context(mongo_node())


@pytest.fixture
def parts(_nodes: tuple[RabbitNode, MongoNode]) -> Iterator[Parts]:
    """Both parts up and running, whatever the test before did to them."""
    rabbit, mongo = _nodes
    if not rabbit.is_running():
        rabbit.start()
    if not mongo.is_running():
        mongo.start()
    vhost = f"fault-{uuid4().hex[:8]}"
    rabbit.add_vhost(vhost)
    yield Parts(rabbit, mongo, vhost, fresh_database())
    if rabbit.is_running():
        rabbit.delete_vhost(vhost)


NewPlatform = Callable[..., Platform]


@pytest.fixture
def new_platform(parts: Parts, tmp_path: Path) -> Iterator[NewPlatform]:
    """Makes a platform on the parts (not started); every process of it is ended after the test."""
    made: list[Platform] = []

    def make(services: Sequence[str] = ("query", "ingest"), env: Mapping[str, str] | None = None) -> Platform:
        folder = tmp_path / f"platform-{len(made)}"
        platform = Platform(parts.amqp_url, parts.mongo.url, parts.database, folder, services=services, env=env)
        made.append(platform)
        return platform

    yield make
    for platform in made:
        platform.stop()


def stream_to(platform: Platform, **settings: float) -> NumberedStream:
    """A numbered stream into the platform's ingest."""
    url = f"{platform['ingest'].url}/api/v1/logs"
    return NumberedStream(url, platform.headers, platform.project, **settings)  # type: ignore[arg-type]


def messages_in(platform: Platform) -> list[str]:
    """The messages of all stored logs."""
    return [line["message"] for line in platform.stored_lines()]


def assert_each_line_once(platform: Platform, parts: Parts, stream: NumberedStream) -> None:
    """Wait until everything has settled; then every acknowledged line is found once and nothing is dead."""
    ledger = stream.ledger
    assert ledger.acknowledged, "a stream without an acknowledged line proves nothing"
    verdict: Verdict | None = None

    def settled() -> bool:
        nonlocal verdict
        if any(parts.waiting(queue) for queue in ("query.logs", "query.logs.retry", "ingest.intake")):
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
    assert ledger.without_retry_after == 0, "a refusal must say when to come back"
