"""Base models and field types of request and response bodies."""

from datetime import datetime
from typing import Annotated, Any

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

from logloop_query.time_bounds import rfc3339, to_microseconds


def _moment_text(moment: datetime) -> str:
    return rfc3339(to_microseconds(moment))


Moment = Annotated[
    AwareDatetime,
    PlainSerializer(_moment_text, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-22T10:00:00.000000Z"]}),
]
"""A time in JSON: RFC 3339 in UTC with microseconds."""


def reject_nul(value: Any) -> Any:
    """Reject a text with a NUL character."""
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("may not contain a NUL character")
    return value


Text = Annotated[str, StringConstraints(max_length=4000), BeforeValidator(reject_nul)]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), BeforeValidator(reject_nul)
]
ProjectId = Annotated[str, StringConstraints(pattern=PROJECT_ID_PATTERN), Field(examples=["shop"])]
ServiceId = Annotated[str, StringConstraints(pattern=SERVICE_ID_PATTERN), Field(examples=["checkout"])]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=512), BeforeValidator(reject_nul)]


class Input(BaseModel):
    """Base of request bodies. Unknown members are rejected, so no query operator reaches the database."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Output(BaseModel):
    """Base of response bodies."""

    model_config = ConfigDict(extra="ignore")
