"""Ids of records and the time that is stored with them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path
from ulid import ULID

RECORD_ID_PATTERN = "^[0-9A-Za-z]{1,64}$"
RecordId = Annotated[str, Path(pattern=RECORD_ID_PATTERN, examples=["01KB4C7F3A9W2M5N8P1QRSTVWX"])]
"""The id of a record in a path."""


def new_id() -> str:
    """Return a new ULID: 26 characters that sort by the millisecond of their creation."""
    return str(ULID())


def utc_now() -> datetime:
    """Return the current time in UTC, cut to the milliseconds that MongoDB stores."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
