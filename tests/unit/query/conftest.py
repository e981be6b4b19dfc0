"""Fixtures for tests of query without a database."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from logloop_query.logs.segments import codec
from logloop_query.logs.segments.log_types import cutting, messages


@contextmanager
def _cutting_every_message() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "_SOME_LOGS", 0)
        patch.setattr(cutting, "_ROWS_A_LOG_TYPE", 1)
        patch.setattr(cutting, "_MOST_IN_A_BLOCK", 1)
        patch.setattr(cutting, "_BYTES_A_VALUE", 0)
        patch.setattr(messages, "_FREQUENT_ROWS", 2)
        yield


@pytest.fixture(scope="module")
def every_message_is_cut() -> Iterator[None]:
    """Segments of few logs are stored as those of many: with log types and values, some of them frequent."""
    with _cutting_every_message():
        yield


@pytest.fixture(scope="module", params=["texts", "cut"])
def stored_in_each_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Messages of segments are stored as texts, and as log types and values."""
    if request.param == "texts":
        yield
        return
    with _cutting_every_message():
        yield
