"""SIGKILL of any process during a numbered stream neither loses nor duplicates an acknowledged line."""

import threading

import pytest

from tests.system.faults.conftest import NewPlatform, Nodes, Survivor, assert_each_line_once, stream_to
from tests.system.platform import Platform, wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("faults"), pytest.mark.timeout(170)]


@pytest.mark.parametrize("victim", ["ingest", "query"])
def test_repeated_kills_of_a_service_lose_and_duplicate_nothing(victim: str, survivor: Survivor) -> None:
    platform, nodes = survivor
    with stream_to(platform) as stream:
        for _ in range(3):
            stream.wait_acknowledged(300)
            platform[victim].kill()
            platform[victim].start(ready=False)
            platform[victim].wait_ready()
        stream.wait_acknowledged(300)
    assert_each_line_once(platform, nodes, stream)
    assert stream.ledger.repeats


def test_kills_of_query_during_compaction_lose_and_duplicate_nothing(new_platform: NewPlatform, nodes: Nodes) -> None:
    # Small writes and frequent compaction, so that each kill hits close to a merge.
    frequent = {"LOGLOOP_COMPACTION_INTERVAL": "0.2", "LOGLOOP_PERSIST_LINGER": "0.02", "LOGLOOP_PERSIST_LOGS": "50"}
    with new_platform(env=frequent) as platform:
        with stream_to(platform) as stream:
            for _ in range(4):
                stream.wait_acknowledged(700)
                platform["query"].kill()
                platform["query"].start()
            stream.wait_acknowledged(300)
        assert_each_line_once(platform, nodes, stream)
        wait_for(lambda: _count_segments(nodes) < 20, timeout_s=90, what="compaction of small segments")
        assert_each_line_once(platform, nodes, stream)


def _count_segments(nodes: Nodes) -> int:
    """Count the segments in the database: the API does not expose them."""
    from pymongo import MongoClient

    with MongoClient[dict[str, object]](nodes.mongo.url) as client:
        return client[nodes.database]["segments"].count_documents({})


def test_two_query_processes_lose_and_duplicate_nothing_when_their_queue_is_deleted_or_one_is_killed(
    new_platform: NewPlatform, nodes: Nodes
) -> None:
    with new_platform(services=("query", "ingest", "query")) as platform:
        nodes.rabbit.management("DELETE", f"/api/queues/{nodes.vhost}/query.logs")
        wait_for(lambda: nodes.consumers("query.logs") == 2, what="both processes consuming the new queue")
        second = next(name for name in platform.services if name.startswith("query-"))
        with stream_to(platform) as stream:
            for victim in (second, "query"):
                stream.wait_acknowledged(400)
                platform[victim].kill()
                stream.wait_acknowledged(400)
                platform[victim].start()
        assert_each_line_once(platform, nodes, stream)


def test_killing_and_restarting_the_broker_loses_and_duplicates_nothing(survivor: Survivor) -> None:
    platform, nodes = survivor
    with stream_to(platform) as stream:
        stream.wait_acknowledged(500)
        nodes.rabbit.kill()
        nodes.rabbit.start()
        stream.wait_acknowledged(500)
    assert_each_line_once(platform, nodes, stream)


def test_killing_and_restarting_mongod_loses_and_duplicates_nothing(survivor: Survivor) -> None:
    platform, nodes = survivor
    with stream_to(platform) as stream:
        for _ in range(2):
            stream.wait_acknowledged(500)
            nodes.mongo.kill()
            stream.wait_acknowledged(300)  # intake continues: the key is cached and the broker keeps the lines
            nodes.mongo.start()
            stream.wait_acknowledged(300)
    assert_each_line_once(platform, nodes, stream)
    assert not stream.ledger.rejections, "senders must not notice an outage of the database"


def test_killing_and_restarting_everything_loses_and_duplicates_nothing(survivor: Survivor) -> None:
    platform, nodes = survivor
    with stream_to(platform) as stream:
        stream.wait_acknowledged(500)
        for end in (nodes.mongo.kill, platform["query"].kill, nodes.rabbit.kill, platform["ingest"].kill):
            end()
        _start_all(platform, nodes)
        stream.wait_acknowledged(500)
    assert_each_line_once(platform, nodes, stream)


def _start_all(platform: Platform, nodes: Nodes) -> None:
    starting = [threading.Thread(target=node.start) for node in (nodes.rabbit, nodes.mongo)]
    for service in platform.services.values():
        service.start(ready=False)
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    for service in platform.services.values():
        service.wait_ready()
