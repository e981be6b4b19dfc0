"""kill -9 of every process in the middle of a numbered stream: nothing acknowledged is lost, nothing is doubled."""

import threading

import pytest

from tests.system.faults.conftest import NewPlatform, Parts, assert_each_line_once, stream_to
from tests.system.platform import Platform, wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("faults"), pytest.mark.timeout(170)]


@pytest.mark.parametrize("victim", ["ingest", "query"])
def test_a_service_is_killed_again_and_again(victim: str, new_platform: NewPlatform, parts: Parts) -> None:
    with new_platform() as platform:
        with stream_to(platform) as stream:
            for _ in range(3):
                stream.wait_more(300)
                platform[victim].kill()
                platform[victim].start(ready=False)
                platform[victim].wait_ready()
            stream.wait_more(300)
        assert_each_line_once(platform, parts, stream)
        assert stream.ledger.repeats


def test_query_is_killed_while_it_merges_segments(new_platform: NewPlatform, parts: Parts) -> None:
    # Small writes and a restless compaction, so that every kill comes near a merge.
    restless = {"LOGLOOP_COMPACTION_INTERVAL": "0.2", "LOGLOOP_PERSIST_LINGER": "0.02", "LOGLOOP_PERSIST_LOGS": "50"}
    with new_platform(env=restless) as platform:
        with stream_to(platform) as stream:
            for _ in range(4):
                stream.wait_more(700)
                platform["query"].kill()
                platform["query"].start()
            stream.wait_more(300)
        assert_each_line_once(platform, parts, stream)
        wait_for(lambda: _segments(parts) < 20, what="compaction of small segments")
        assert_each_line_once(platform, parts, stream)


def _segments(parts: Parts) -> int:
    """How many segments there are: seen in the database, because no user may have to know of them."""
    from pymongo import MongoClient

    with MongoClient[dict[str, object]](parts.mongo.url) as client:
        return client[parts.database]["segments"].count_documents({})


def test_two_queries_store_side_by_side_and_one_is_killed(new_platform: NewPlatform, parts: Parts) -> None:
    with new_platform(services=("query", "ingest", "query")) as platform:
        second = next(name for name in platform.services if name.startswith("query-"))
        with stream_to(platform) as stream:
            for victim in (second, "query"):
                stream.wait_more(400)
                platform[victim].kill()
                stream.wait_more(400)
                platform[victim].start()
        assert_each_line_once(platform, parts, stream)


def test_the_broker_is_killed_and_comes_back(new_platform: NewPlatform, parts: Parts) -> None:
    with new_platform() as platform:
        with stream_to(platform) as stream:
            stream.wait_more(500)
            parts.rabbit.kill()
            parts.rabbit.start()
            stream.wait_more(500)
        assert_each_line_once(platform, parts, stream)


def test_mongod_is_killed_and_comes_back(new_platform: NewPlatform, parts: Parts) -> None:
    with new_platform() as platform:
        with stream_to(platform) as stream:
            for _ in range(2):
                stream.wait_more(500)
                parts.mongo.kill()
                stream.wait_more(300)  # intake goes on: the key is remembered, the broker keeps the lines
                parts.mongo.start()
                stream.wait_more(300)
        assert_each_line_once(platform, parts, stream)
        assert not stream.ledger.refusals, "an outage of the database is none of the senders' business"


def test_everything_is_killed_at_once_and_comes_back(new_platform: NewPlatform, parts: Parts) -> None:
    with new_platform() as platform:
        with stream_to(platform) as stream:
            stream.wait_more(500)
            for end in (parts.mongo.kill, platform["query"].kill, parts.rabbit.kill, platform["ingest"].kill):
                end()
            _start_all(platform, parts)
            stream.wait_more(500)
        assert_each_line_once(platform, parts, stream)


def _start_all(platform: Platform, parts: Parts) -> None:
    starting = [threading.Thread(target=part.start) for part in (parts.rabbit, parts.mongo)]
    for service in platform.services.values():
        service.start(ready=False)
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    for service in platform.services.values():
        service.wait_ready()
