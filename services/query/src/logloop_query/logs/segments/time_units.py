"""UTC hours and minutes of timestamps, rounded down, also before 1970."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import HOUR_US

MINUTE_US = 60_000_000
_BC_HOURS = 17_600_000  # more than the hours from year 1 to 1970: Arrow's division rounds negative numbers up


def hours_of(timestamps: Any) -> Any:
    """Return the UTC hours since 1970 of timestamps as int64."""
    return _units_of(timestamps, HOUR_US, _BC_HOURS)


def minutes_of(timestamps: Any) -> Any:
    """Return the minutes since 1970 of timestamps as int64."""
    return _units_of(timestamps, MINUTE_US, _BC_HOURS * 60)


def _units_of(timestamps: Any, width: int, before: int) -> Any:
    shifted = pc.add(timestamps.cast(pa.int64()), pa.scalar(before * width))
    return pc.subtract(pc.divide(shifted, pa.scalar(width)), pa.scalar(before))
