"""The monotonic clock of the operating system, which tests that mock `time` do not change.

freezegun and `mock.patch` replace functions such as `time.monotonic`. A sender that waits by a frozen clock waits
forever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

# In a tuple, because freezegun replaces module attributes that are functions of `time`.
_CLOCK: tuple[Callable[[], float]] = (
    partial(time.clock_gettime, time.CLOCK_MONOTONIC) if hasattr(time, "clock_gettime") else time.monotonic,
)


def monotonic() -> float:
    """Return seconds from an arbitrary start; never goes back."""
    return _CLOCK[0]()
