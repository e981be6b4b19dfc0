"""A network that is cut or unstable: requests are refused in time, nothing is lost, and recovery is quick."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.system.faults.conftest import Nodes, assert_each_line_once, stream_to
from tests.system.faults.network_link import NetworkLink, network_link
from tests.system.faults.stream import NumberedStream
from tests.system.platform import Platform, wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("faults"), pytest.mark.timeout(170)]

_RECOVERY_S = 15.0
_CUT_S = 10.0
_FLAPS = 4


@pytest.fixture
def link() -> Iterator[NetworkLink]:
    with network_link() as link:
        yield link


def test_a_cut_or_unstable_network_loses_nothing_and_recovers_quickly(
    link: NetworkLink, nodes: Nodes, tmp_path: Path
) -> None:
    broker, database = link.url(nodes.amqp_url), link.url(nodes.mongo.url)
    with Platform(broker, database, nodes.database, tmp_path) as platform:
        with stream_to(platform) as stream:
            stream.wait_acknowledged(300)

            link.cut(database)
            refused = _search(platform)
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) >= 1
            assert not stream.ledger.rejections, "the intake needs no database"
            stream.wait_acknowledged(100)
            link.heal()
            wait_for(lambda: _search(platform).is_success, timeout_s=_RECOVERY_S, what="a search after the cut")

            link.cut(broker)
            cut_at = time.monotonic()
            wait_for(lambda: stream.ledger.rejections[503], timeout_s=_CUT_S, what="a 503 during the cut")
            wait_for(lambda: time.monotonic() > cut_at + _CUT_S, what="the end of the cut")
            _heal_and_wait(link, platform, stream)

            for _ in range(_FLAPS):
                link.cut(broker, database)
                stop_at = time.monotonic() + 1.0
                wait_for(lambda until=stop_at: time.monotonic() > until, what="a short cut")  # type: ignore[misc]
                link.heal()
                stream.wait_acknowledged(20)
            _heal_and_wait(link, platform, stream)
        assert stream.ledger.failed_calls == 0, "a call hung"
        assert_each_line_once(platform, nodes, stream)


def _heal_and_wait(link: NetworkLink, platform: Platform, stream: NumberedStream) -> None:
    """End a cut, and wait until logs are accepted and both services are ready, within the promised time."""
    link.heal()
    stream.wait_acknowledged(1, timeout_s=_RECOVERY_S)
    for service in platform.services.values():
        service.wait_ready(_RECOVERY_S)


def _search(platform: Platform) -> httpx.Response:
    with platform.query() as client:
        return client.get("/api/v1/logs", params={"project_id": platform.project})
