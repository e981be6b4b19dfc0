"""The demo plays on a platform that knows this user, and on no other that happens to listen."""

import pytest
from logloop.connection import Connection
from logloop.demo.platform import knows_us

from tests.fakes.ingest_api import Answer, IngestApi


@pytest.mark.parametrize(
    ("project", "status", "known"),
    [("demo", 200, True), ("demo", 401, False), ("demo", 503, False), (None, 200, False)],
)
def test_a_platform_of_somebody_else_is_not_used(project: str | None, status: int, known: bool) -> None:
    with IngestApi().serve() as api:
        api.answers["GET", "/api/v1/session"] = Answer(status, {})
        assert knows_us(Connection(api.url, "llk_a_b", project)) is known


def test_where_nothing_listens_there_is_none() -> None:
    assert not knows_us(Connection("http://127.0.0.1:9", "llk_a_b", "demo"))
