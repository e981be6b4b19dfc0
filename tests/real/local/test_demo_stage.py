"""The demo uses only a platform that accepts this user's credentials."""

import pytest
from logloop.connection import Connection
from logloop.demo.platform import knows_us

from tests.fakes.ingest_api import Answer, IngestApi


@pytest.mark.parametrize(
    ("project", "status", "usable"),
    [("demo", 200, True), ("demo", 401, False), ("demo", 503, False), (None, 200, False)],
)
def test_a_platform_that_rejects_the_credentials_is_not_used(project: str | None, status: int, usable: bool) -> None:
    with IngestApi().serve() as api:
        api.answers["GET", "/api/v1/session"] = Answer(status, {})
        assert knows_us(Connection(api.url, "llk_a_b", project)) is usable


def test_an_unreachable_platform_is_not_used() -> None:
    assert not knows_us(Connection("http://127.0.0.1:9", "llk_a_b", "demo"))
