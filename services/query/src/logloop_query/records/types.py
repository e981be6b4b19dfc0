"""Value types that the records' inputs and outputs share: moments, pages, names and the base of each.

It must not know a resource or a store.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

import orjson
from logloop_chassis.http.problems import Unprocessable
from logloop_contracts.log_entry import PROJECT_ID_PATTERN, SERVICE_ID_PATTERN
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

T = TypeVar("T")


def rfc3339(moment: datetime) -> str:
    """A moment in UTC with microseconds and `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


Moment = Annotated[
    AwareDatetime,
    PlainSerializer(rfc3339, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-22T10:00:00.000000Z"]}),
]
"""A time in JSON: RFC 3339, always UTC with microseconds."""


def _no_nul(value: Any) -> Any:
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("may not contain a NUL character")
    return value


Text = Annotated[str, BeforeValidator(_no_nul), StringConstraints(max_length=4000)]
Name = Annotated[
    str, BeforeValidator(_no_nul), StringConstraints(min_length=1, max_length=200, strip_whitespace=True)
]
ProjectId = Annotated[str, StringConstraints(pattern=PROJECT_ID_PATTERN), Field(examples=["shop"])]
ServiceId = Annotated[str, StringConstraints(pattern=SERVICE_ID_PATTERN), Field(examples=["checkout"])]
Reference = Annotated[str, BeforeValidator(_no_nul), StringConstraints(min_length=1, max_length=512)]


class Input(BaseModel):
    """Base of request bodies: unknown members are refused, so no operator object reaches the database."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Output(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(extra="ignore")


class Page(Output, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = Field(None, description="Send it as `cursor` to get what follows; null at the end.")


def encode_cursor(*position: Any) -> str:
    """An opaque text for the position after which the next page starts."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The position in a cursor, checked against the types it was made of. Raises Unprocessable."""
    if cursor is None:
        return None
    try:
        position = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise Unprocessable("this cursor is not one of ours; start again without it") from error
    if (
        not isinstance(position, list)
        or len(position) != len(kinds)
        or not all(type(value) is kind for value, kind in zip(position, kinds, strict=True))
    ):
        raise Unprocessable("this cursor belongs to another list; start again without it")
    return tuple(position)


def after_cursor(cursor: str | None) -> str | None:
    """The id after which a page starts, None for the first one. Raises Unprocessable."""
    position = decode_cursor(cursor, str)
    return None if position is None else str(position[0])


def cursor_after(found: Sequence[Mapping[str, Any]], limit: int, field: str = "id") -> str | None:
    """The cursor for what follows a full page, None after the last one. `field` is what the list is ordered by."""
    return encode_cursor(found[-1][field]) if len(found) == limit else None


def now() -> datetime:
    """This moment, to the millisecond that MongoDB keeps."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
