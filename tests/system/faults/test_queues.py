"""A queue that somebody deletes comes back by itself, and what is sent from then on is stored."""

import pytest

from tests.system.faults.conftest import NewPlatform, Nodes, assert_each_line_once, stream_to
from tests.system.platform import wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("faults"), pytest.mark.timeout(170)]


def test_a_deleted_queue_is_declared_again_and_consumed(new_platform: NewPlatform, nodes: Nodes) -> None:
    with new_platform(services=("query", "ingest", "query")) as platform:
        nodes.rabbit.management("DELETE", f"/api/queues/{nodes.vhost}/query.logs")
        wait_for(
            lambda: _consumers(nodes, "query.logs") == 2, what="both processes of query consuming the queue again"
        )
        with stream_to(platform) as stream:
            stream.wait_acknowledged(300)
        assert_each_line_once(platform, nodes, stream)


def _consumers(nodes: Nodes, queue: str) -> int:
    return nodes.rabbit.control("--quiet", "list_consumers", "-p", nodes.vhost, "queue_name").split().count(queue)
