"""Lets tests store few messages as segments store many."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from logloop_query.logs.segments import codec
from logloop_query.logs.segments.log_types import cutting, messages


@contextmanager
def every_message_cut() -> Iterator[None]:
    """Store every message as a log type and values. Log types of two rows are frequent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "_SOME_LOGS", 0)
        patch.setattr(cutting, "_ROWS_A_LOG_TYPE", 1)
        patch.setattr(cutting, "_MOST_IN_A_BLOCK", 1)
        patch.setattr(cutting, "_BYTES_A_VALUE", 0)
        patch.setattr(messages, "_FREQUENT_ROWS", 2)
        yield
