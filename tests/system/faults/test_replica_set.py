"""A replica set that changes its primary, or is slow: intake continues, searches end in time, nothing is lost."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.system.faults.conftest import Nodes, assert_each_line_once, stream_to
from tests.system.faults.replica_set import ReplicaSet, replica_set
from tests.system.platform import Platform, wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("faults"), pytest.mark.timeout(170)]

_SLOW_MS = 1_500
_TOO_SLOW_MS = 11_000
"""More than the 10 s after which a service gives up a call, whose effect is unknown then."""
_ENDS_S = 15.0


@pytest.fixture
def members() -> Iterator[ReplicaSet]:
    with replica_set() as members:
        yield members


class Searches:
    """Searches one after the other, and counts the answers."""

    def __init__(self, platform: Platform) -> None:
        self.statuses: Counter[int] = Counter()
        self.slowest_s = 0.0
        self._platform = platform

    def search(self) -> httpx.Response:
        """Search once. A 503 has a Retry-After."""
        begin = time.monotonic()
        with self._platform.query() as client:
            response = client.get("/api/v1/logs", params={"project_id": self._platform.project, "q": "line"})
        self.slowest_s = max(self.slowest_s, time.monotonic() - begin)
        self.statuses[response.status_code] += 1
        assert response.status_code == 200 or "retry-after" in response.headers
        return response

    @contextmanager
    def running(self) -> Iterator[None]:
        """Search again and again while the body runs."""
        stopping = threading.Event()
        errors: list[BaseException] = []

        def work() -> None:
            try:
                while not stopping.wait(0.1):
                    self.search()
            except BaseException as error:  # noqa: BLE001  # the edge of this thread: the test needs the error
                errors.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()
        assert not errors, errors


def test_another_primary_or_a_slow_one_loses_and_doubles_nothing(
    members: ReplicaSet, nodes: Nodes, tmp_path: Path
) -> None:
    with Platform(nodes.amqp_url, members.url, nodes.database, tmp_path) as platform:
        searches = Searches(platform)
        with stream_to(platform, pause_s=0.1) as stream, searches.running():
            stream.wait_acknowledged(200)

            old = members.step_down()
            members.wait_primary(other_than=old)
            stream.wait_acknowledged(200)
            _wait_found(searches)

            old = members.kill_primary()
            members.wait_primary(other_than=old)
            stream.wait_acknowledged(200)
            _wait_found(searches)
            members.restart(old)

            with members.slow(_SLOW_MS):
                searches.search()
                stream.wait_acknowledged(200)
            with members.locked():
                stream.wait_acknowledged(200)
                searches.search()
            with members.slow(_TOO_SLOW_MS):
                searches.search()
                stream.wait_acknowledged(200)
            _wait_found(searches)
        assert set(searches.statuses) <= {200, 503}, searches.statuses
        assert searches.slowest_s < _ENDS_S
        assert not stream.ledger.rejections, "the intake needs no database"
        assert stream.ledger.failed_calls == 0
        assert_each_line_once(platform, nodes, stream)


def _wait_found(searches: Searches) -> None:
    wanted = searches.statuses[200] + 2
    wait_for(lambda: searches.statuses[200] >= wanted, timeout_s=30, what="a search that succeeds again")
