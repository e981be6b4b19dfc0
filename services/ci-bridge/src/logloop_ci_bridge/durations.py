"""ULIDs and durations in words: the two small notations that rules and payloads share.

It must not know what is named or timed.
"""

import os
import re
import time
from typing import Annotated

from pydantic import AfterValidator, Field

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DURATION = re.compile(r"(\d{1,5})(s|m|h|d)")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def new_ulid() -> str:
    """A ULID: 26 characters that sort by time (48 bits of milliseconds, 80 random bits)."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def seconds(duration: str) -> int:
    """Seconds of a duration such as 30s, 5m, 2h or 7d. Raises ValueError."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"{duration[:20]!r} is no duration; write 30s, 5m, 2h or 7d")
    return int(match[1]) * _UNIT_S[match[2]]


def _checked(duration: str) -> str:
    seconds(duration)
    return duration


Duration = Annotated[
    str, AfterValidator(_checked), Field(max_length=6, examples=["5m"], description="Such as 30s, 5m, 2h or 7d.")
]
