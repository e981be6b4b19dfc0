"""The envelope of every JSON event: CloudEvents 1.0 in structured mode."""

from datetime import UTC, datetime
from typing import Generic, Literal, TypeVar
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Data = TypeVar("Data", bound=BaseModel)


def _new_event_id() -> str:
    return uuid4().hex


def _now() -> datetime:
    return datetime.now(UTC)


class Event(BaseModel, Generic[Data]):
    """An event that a service publishes, with its payload in `data`.

    Unknown fields are ignored, so a minor version may add some.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(default_factory=_new_event_id, description="Id of the event; consumers deduplicate on it.")
    source: str = Field(description="Service that publishes the event, such as /logloop/analyzer.")
    type: str = Field(description="Event type with its major version.", examples=["logloop.analyses.completed.v1"])
    time: AwareDatetime = Field(default_factory=_now)
    datacontenttype: Literal["application/json"] = "application/json"
    projectid: str = Field(description="Project that the event belongs to.")
    correlationid: str | None = Field(None, description="Shared by all events with the same root cause.")
    causationid: str | None = Field(None, description="Id of the event or log that caused this event.")
    data: Data
