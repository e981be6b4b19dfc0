"""Unmodified clients of other log platforms send to Logloop. `make clients` plays every situation with each."""

from collections.abc import Iterator

import pytest

from tests.infra import Infra, fresh_database
from tests.system.clients.client import CLIENTS, Client, Situation
from tests.system.clients.front import Front, front_of
from tests.system.clients.play import play
from tests.system.platform import Platform

_COUNT = 20


@pytest.fixture(scope="module")
def platform(infra: Infra, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    vhost = infra.fresh_vhost()
    with Platform(vhost, infra.mongo_url, fresh_database(), tmp_path_factory.mktemp("clients")) as running:
        yield running
    infra.delete_vhost(vhost)


@pytest.fixture(scope="module")
def front(platform: Platform) -> Iterator[Front]:
    with front_of(platform["ingest"].url, grpc_port=0) as running:
        yield running


@pytest.fixture(scope="module")
def key(platform: Platform) -> str:
    return platform.new_key("ingest")


@pytest.mark.parametrize(
    "client", [client for client in CLIENTS if not client.over_grpc], ids=lambda client: client.name
)
def test_every_message_is_stored_once_although_a_client_that_retries_was_refused(
    client: Client, platform: Platform, front: Front, key: str
) -> None:
    if not client.is_installed:
        pytest.skip("the clients from npm are not installed; run scripts/setup.sh test")
    is_refused = Situation.UNAVAILABLE in client.keeps and not client.retries_late
    situation = Situation.UNAVAILABLE if is_refused else Situation.HAPPY
    outcome = play(client, situation, platform, front, key, count=_COUNT)
    assert (outcome.lost, outcome.doubled) == (0, 0), outcome.output
    assert outcome.statuses[503] == (1 if is_refused else 0)


def test_nothing_is_stored_with_an_unknown_key_and_a_long_message_is_cut(
    platform: Platform, front: Front, key: str
) -> None:
    client = next(client for client in CLIENTS if client.program == "elastic.py")
    refused = play(client, Situation.BAD_TOKEN, platform, front, key, count=_COUNT)
    assert refused.lost == _COUNT
    assert refused.statuses[401] > 0
    cut = play(client, Situation.OVERSIZE, platform, front, key, count=_COUNT)
    assert (cut.lost, cut.doubled, cut.cut) == (0, 0, 1)
    bad = play(client, Situation.BAD_ENTRY, platform, front, key, count=_COUNT)
    assert (bad.lost, bad.doubled) == (1, 0)
    assert "ahead of the server's clock" in bad.output
