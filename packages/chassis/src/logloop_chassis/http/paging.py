"""Pages of lists: their limits, their opaque cursors and their response model."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel, Field

from logloop_chassis.http.problems import Unprocessable

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Maximum number of items on a page.")]
Cursor = Annotated[
    str | None, Query(max_length=2000, description="`next_cursor` of the previous page; omit it for the first page.")
]


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next_cursor: str | None = Field(None, description="Send it as `cursor` to get the next page; null on the last.")


def encode_cursor(*position: Any) -> str:
    """Return an opaque text for the position after which the next page starts."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """Return the position in a cursor, whose values must have these types. Raises Unprocessable."""
    if cursor is None:
        return None
    try:
        position = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise Unprocessable("invalid cursor; start again without it") from error
    if (
        not isinstance(position, list)
        or len(position) != len(kinds)
        or not all(type(value) is kind for value, kind in zip(position, kinds, strict=True))
    ):
        raise Unprocessable("this cursor belongs to another list; start again without it")
    return tuple(position)


def decode_id_cursor(cursor: str | None) -> str | None:
    """Return the id after which a page starts, None for the first page. Raises Unprocessable."""
    position = decode_cursor(cursor, str)
    return None if position is None else str(position[0])


def next_id_cursor(found: Sequence[Mapping[str, Any]], limit: int, field: str = "id") -> str | None:
    """Return the cursor after a full page, None after the last page. `field` is what the list is ordered by."""
    return encode_cursor(found[-1][field]) if len(found) == limit else None
