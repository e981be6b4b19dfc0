"""Ids of records and the time that is stored with them."""

from typing import Annotated

from fastapi import Path
from ulid import ULID

from logloop_chassis.clock import CLOCK, utc_now

__all__ = ["RECORD_ID_PATTERN", "RecordId", "new_id", "utc_now"]

RECORD_ID_PATTERN = "^[0-9A-Za-z]{1,64}$"
RecordId = Annotated[str, Path(pattern=RECORD_ID_PATTERN, examples=["01KB4C7F3A9W2M5N8P1QRSTVWX"])]
"""The id of a record in a path."""


def new_id() -> str:
    """Return a new ULID: 26 characters that sort by the millisecond of their creation."""
    return str(ULID.from_timestamp(CLOCK.time()))
