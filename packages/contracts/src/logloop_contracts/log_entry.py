"""The log entry: its fields and their valid values."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
)

MAX_MESSAGE_BYTES = 256 * 1024
MAX_ENTRY_BYTES = 1024 * 1024
MAX_REFERENCE_LENGTH = 512
MAX_ATTRIBUTE_KEYS = 256
MAX_ATTRIBUTE_DEPTH = 20

PROJECT_ID_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"
SERVICE_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$"

SEVERITY_TEXT_ATTRIBUTE = "severity_text"
"""Attribute that keeps the sender's severity word when it was an alias."""


class Severity(StrEnum):
    """The severity of a log entry, in ascending order."""

    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


SEVERITY_ALIASES: dict[str, Severity] = {
    "debug": Severity.DEBUG,
    "trace": Severity.DEBUG,
    "verbose": Severity.DEBUG,
    "fine": Severity.DEBUG,
    "finer": Severity.DEBUG,
    "finest": Severity.DEBUG,
    "dbg": Severity.DEBUG,
    "info": Severity.INFO,
    "information": Severity.INFO,
    "informational": Severity.INFO,
    "notice": Severity.INFO,
    "log": Severity.INFO,
    "inf": Severity.INFO,
    "warn": Severity.WARN,
    "warning": Severity.WARN,
    "wrn": Severity.WARN,
    "error": Severity.ERROR,
    "err": Severity.ERROR,
    "fatal": Severity.ERROR,
    "critical": Severity.ERROR,
    "crit": Severity.ERROR,
    "alert": Severity.ERROR,
    "emerg": Severity.ERROR,
    "emergency": Severity.ERROR,
    "panic": Severity.ERROR,
    "severe": Severity.ERROR,
}


def parse_severity(word: str) -> Severity:
    """Return the `Severity` for a severity or one of its aliases, in any case.

    Raises ValueError with the accepted words.
    """
    severity = SEVERITY_ALIASES.get(word.strip().lower())
    if severity is None:
        raise ValueError(f"unknown severity {word[:40]!r}; use debug, info, warn or error")
    return severity


def _severity(value: Any) -> Any:
    return parse_severity(value) if isinstance(value, str) else value


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("the timestamp in UTC must be within the years 1 to 9999") from None


def _within_message_limit(value: str) -> str:
    if len(value.encode("utf-8", "surrogatepass")) > MAX_MESSAGE_BYTES:
        raise ValueError(f"the message exceeds {MAX_MESSAGE_BYTES} bytes of UTF-8; split it")
    return value


def attribute_depth(value: JsonValue) -> int:
    """Return the nesting depth of a JSON value: 0 for a scalar, 1 for an object of scalars. Does not recurse."""
    deepest, stack = 0, [(value, 0)]
    while stack:
        item, depth = stack.pop()
        deepest = max(deepest, depth)
        if depth > MAX_ATTRIBUTE_DEPTH:
            break
        children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        stack.extend((child, depth + 1) for child in children)
        if isinstance(item, dict | list) and not item:
            deepest = max(deepest, depth + 1)
    return deepest


def _within_attribute_limits(value: dict[str, JsonValue] | None) -> dict[str, JsonValue] | None:
    if value is None:
        return value
    if len(value) > MAX_ATTRIBUTE_KEYS:
        raise ValueError(f"attributes have more than {MAX_ATTRIBUTE_KEYS} keys; remove some")
    if attribute_depth(value) > MAX_ATTRIBUTE_DEPTH:
        raise ValueError(f"attributes are nested more than {MAX_ATTRIBUTE_DEPTH} levels deep; flatten them")
    return value


ProjectId = Annotated[str, StringConstraints(pattern=PROJECT_ID_PATTERN)]
ServiceId = Annotated[str, StringConstraints(pattern=SERVICE_ID_PATTERN)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=MAX_REFERENCE_LENGTH)]
Message = Annotated[str, AfterValidator(_within_message_limit)]
UtcTimestamp = Annotated[AwareDatetime, AfterValidator(_to_utc)]
SeverityField = Annotated[Severity, BeforeValidator(_severity)]
Attributes = Annotated[dict[str, JsonValue], AfterValidator(_within_attribute_limits)]


class LogEntry(BaseModel):
    """One log entry.

    Every field is validated on construction and on assignment: an invalid value raises pydantic's ValidationError
    and leaves the entry unchanged. `timestamp` needs an offset and is converted to UTC with microseconds.
    """

    model_config = ConfigDict(validate_assignment=True, extra="forbid", hide_input_in_errors=True)

    project_id: ProjectId = Field(description="Id of the project.", examples=["shop"])
    service_id: ServiceId = Field(description="Service that wrote the entry.", examples=["checkout"])
    test_id: Reference | None = Field(
        None, description="Test that was running.", examples=["tests/test_pay.py::test_card"]
    )
    func_id: Reference | None = Field(
        None, description="Function that wrote the entry.", examples=["checkout.pay:charge"]
    )
    message: Message = Field(
        description="The text, at most 256 KiB of UTF-8.", examples=["payment timed out after 30 s"]
    )
    severity: SeverityField = Field(description="debug, info, warn or error; common aliases are accepted.")
    timestamp: UtcTimestamp = Field(
        description="When it happened, with a UTC offset.", examples=["2026-11-22T10:00:00Z"]
    )
    source: Reference | None = Field(None, description="Where the entry was read from.", examples=["stdout"])
    attributes: Attributes | None = Field(
        None,
        description="Additional fields as a JSON object.",
        examples=[{"trace_id": "4bf92f", "http": {"status": 502}}],
    )
