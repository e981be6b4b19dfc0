"""Durations such as 30s, 5m, 2h or 7d."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_DURATION = re.compile(r"(\d{1,5})(s|m|h|d)")
MAX_WINDOW_S = 86_400
"""The longest window of a rule."""
MIN_COOLDOWN_S = 10
"""The shortest cooldown of a rule."""
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(duration: str) -> int:
    """Return the seconds of a duration. Raises ValueError."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"invalid duration {duration[:20]!r}; write 30s, 5m, 2h or 7d")
    return int(match[1]) * _UNIT_S[match[2]]


def _checked(duration: str) -> str:
    seconds(duration)
    return duration


Duration = Annotated[
    str, AfterValidator(_checked), Field(max_length=6, examples=["5m"], description="Such as 30s, 5m, 2h or 7d.")
]
