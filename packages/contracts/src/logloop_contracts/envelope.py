"""The envelope of every JSON event: CloudEvents 1.0 names, in structured mode.

It must not know any payload; a payload is the type argument of `Event`.
"""

from datetime import UTC, datetime
from typing import Generic, Literal, TypeVar
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Data = TypeVar("Data", bound=BaseModel)


def _new_id() -> str:
    return uuid4().hex


def _now() -> datetime:
    return datetime.now(UTC)


class Event(BaseModel, Generic[Data]):
    """A fact that a service tells the others. Unknown fields are ignored, so a minor version may add some."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(default_factory=_new_id, description="Consumers are idempotent on it.")
    source: str = Field(description="Service that tells it, such as /logloop/analyzer.")
    type: str = Field(
        description="Past-tense name with its major version.", examples=["logloop.analyses.completed.v1"]
    )
    time: AwareDatetime = Field(default_factory=_now)
    datacontenttype: Literal["application/json"] = "application/json"
    projectid: str = Field(description="Project the fact belongs to.")
    correlationid: str | None = Field(None, description="Same for everything that one cause set off.")
    causationid: str | None = Field(None, description="Id of the event or log that led to this one.")
    data: Data
