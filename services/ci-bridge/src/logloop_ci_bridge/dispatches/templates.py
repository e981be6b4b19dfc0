"""Event templates: the typed values of a dispatch, within GitHub's limits.

Attackers can write log text, so every value from a log passes `safe_text`: it cannot become a command in a workflow
that pastes it into a script.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from logloop_ci_bridge.record import Record

MAX_EVENT_TYPE = 100
MAX_PAYLOAD_KEYS = 10
MAX_PAYLOAD_BYTES = 64 * 1024
MAX_VALUES_BYTES = MAX_PAYLOAD_BYTES - 1024
"""What is left of a payload for the values, besides Logloop's envelope."""
MAX_FIELDS = MAX_PAYLOAD_KEYS - 1
MAX_NUMBER = 2**53
"""The largest integer that every JSON parser reads exactly, JavaScript included."""
ENVELOPE_KEY = "logloop"

MAX_LINES = 50

FieldType = Literal["string", "integer", "number", "boolean", "timestamp", "lines"]
_UNSAFE = re.compile(r"[^\w .,:/@+=-]")
_FIELD_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,49}$"
_JSON_TYPES: Mapping[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "timestamp": {"type": "string", "format": "date-time"},
    "lines": {"type": "array", "maxItems": MAX_LINES},
}

SOURCES: frozenset[str] = frozenset(
    {
        "log.id",
        "log.service_id",
        "log.test_id",
        "log.func_id",
        "log.severity",
        "log.source",
        "log.timestamp",
        "log.message",
        "log.pattern",
        "logs.recent",
        "stats.count",
        "stats.rate",
        "stats.services",
        "stats.window_s",
        "analysis.id",
        "analysis.verdict",
        "analysis.findings",
        "analysis.top_score",
        "run.id",
        "run.repository",
        "run.workflow",
        "run.conclusion",
        "run.attempt",
        "run.log_count",
        "rule.id",
        "rule.name",
        "project.id",
        "link",
    }
)
"""Sources of field values, besides log.attributes.<key>."""

EventType = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_EVENT_TYPE,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$",
        examples=["logloop.checkout.timeout-burst"],
        description="Event type that the workflow lists under `on: repository_dispatch: types:`.",
    ),
]


class BadPayload(ValueError):
    """The values do not make a payload that the template and GitHub accept."""


def safe_text(text: str, limit: int = 256) -> str:
    """Return a text without characters that have a meaning in shells, YAML or workflow commands."""
    return _UNSAFE.sub("_", text).replace("::", ":_")[:limit]


class TemplateField(BaseModel):
    """One value of the payload."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=_FIELD_NAME, description="Key in client_payload, or name of the workflow input.")
    description: str = Field("", max_length=500, description="What the value means; shown where it is asked for.")
    type: FieldType = Field("string", description="`lines`: a list of texts, such as the latest log messages.")
    source: str | None = Field(
        None,
        max_length=200,
        description="Source of the value: a known name, or log.attributes.<key>. "
        "Without a source it is `default`, or the value of a manual dispatch.",
        examples=["log.service_id", "log.attributes.trace_id"],
    )
    default: JsonValue = Field(None, description="Value when the source is empty.")
    required: bool = Field(False, description="Reject the dispatch when there is no value.")
    enum: list[str] | None = Field(None, max_length=50, description="Allowed values of a string.")
    max_length: int = Field(
        256, ge=1, le=1024, description="Maximum length of a string or of each line; longer text is truncated."
    )

    @model_validator(mode="after")
    def _known_source(self) -> Self:
        if self.name == ENVELOPE_KEY:
            raise ValueError(f"{ENVELOPE_KEY!r} is reserved for Logloop's envelope; choose another name")
        source = self.source
        if source is not None and source not in SOURCES and not source.startswith("log.attributes."):
            raise ValueError(
                f"unknown source {source!r}; use log.attributes.<key> or one of {', '.join(sorted(SOURCES))}"
            )
        if self.enum is not None and self.type != "string":
            raise ValueError("only a string may have an enum")
        if self.default is not None:
            _typed(self, self.default)
        return self

    def largest_bytes(self) -> int:
        """Return the most bytes that the value can have as JSON. A character of a text has up to four."""
        texts = {"string": 1, "lines": MAX_LINES}.get(self.type, 0)
        return len(self.name) + 8 + texts * (self.max_length * 4 + 3) if texts else len(self.name) + 48

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        schema = dict(_JSON_TYPES[self.type])
        if self.type == "string":
            schema["maxLength"] = self.max_length
            if self.enum:
                schema["enum"] = self.enum
        if self.type == "lines":
            schema["items"] = {"type": "string", "maxLength": self.max_length}
        if self.description:
            schema["description"] = self.description
        if self.default is not None:
            schema["default"] = self.default
        return schema


class TemplateDraft(BaseModel):
    """The fields of a template that users write."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, examples=["Timeout burst"])
    description: str = Field("", max_length=2000)
    event_type: EventType
    fields: list[TemplateField] = Field(default_factory=list, max_length=MAX_FIELDS)

    @model_validator(mode="after")
    def _distinct_names(self) -> Self:
        names = [field.name for field in self.fields]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"field names must be unique: {', '.join(repeated)}")
        largest = sum(field.largest_bytes() for field in self.fields)
        if largest >= MAX_VALUES_BYTES:
            raise ValueError(
                f"the values may have {largest} bytes together, but GitHub accepts fewer than {MAX_VALUES_BYTES}; "
                "reduce max_length of lines or strings"
            )
        return self

    def payload_schema(self) -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of the payload without Logloop's envelope."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.event_type,
            "type": "object",
            "properties": {field.name: field.json_schema() for field in self.fields},
            "required": [field.name for field in self.fields if field.required],
            "additionalProperties": False,
        }

    def render(self, values: Mapping[str, Any], given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the payload from `values` by source, and `given` by field name, which wins. Raises BadPayload."""
        given = given or {}
        unknown = sorted(set(given) - {field.name for field in self.fields})
        if unknown:
            raise BadPayload(f"the template has no field {', '.join(unknown)}; its fields are: {self._names()}")
        payload: dict[str, Any] = {}
        for field in self.fields:
            value = given[field.name] if field.name in given else _source_value(field, values)
            if value is None or value in ("", []):
                value = field.default
            if value is None:
                if field.required:
                    missing = f"{field.source} is empty" if field.source else "no value was given"
                    raise BadPayload(f"field {field.name!r} is required, but {missing}")
                continue
            payload[field.name] = _typed(field, value, given=field.name in given)
        return payload

    def _names(self) -> str:
        return ", ".join(field.name for field in self.fields) or "none"


def _source_value(field: TemplateField, values: Mapping[str, Any]) -> Any:
    if field.source is None:
        return None
    if field.source in values:
        return values[field.source]
    prefix = "log.attributes."
    if field.source.startswith(prefix):
        return _attribute(values.get("log.attributes") or {}, field.source.removeprefix(prefix))
    return None


def _attribute(attributes: Mapping[str, Any], path: str) -> Any:
    """Return a scalar attribute by its whole name, else by its dotted path."""
    value: Any = attributes.get(path)
    if value is None:
        value = attributes
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str | int | float | bool) else None


def _typed(field: TemplateField, value: Any, *, given: bool = False) -> Any:
    """Return the value in the type of the field. Raises BadPayload."""
    wrong = BadPayload(f"field {field.name!r} must be {field.type}, got {str(value)[:40]!r}")
    if field.type == "boolean":
        if not isinstance(value, bool):
            raise wrong
        return value
    if field.type in ("integer", "number"):
        return _number(field, value, wrong)
    if field.type == "timestamp":
        return _moment(value, wrong)
    if field.type == "lines":
        return _lines(field, value, wrong, given=given)
    return _text(field, value, given=given)


def _lines(field: TemplateField, value: Any, wrong: BadPayload, *, given: bool) -> list[str]:
    """Return the last lines of a list or text."""
    lines = value.splitlines() if isinstance(value, str) else value
    if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
        raise wrong
    return [_text(field, line, given=given) for line in lines[-MAX_LINES:]]


def _text(field: TemplateField, value: Any, *, given: bool) -> str:
    text = str(value) if not isinstance(value, str) else value
    if given and safe_text(text, field.max_length) != text:
        raise BadPayload(f"field {field.name!r} may contain only letters, digits, spaces and _.,:/@+=-")
    text = safe_text(text, field.max_length)
    if field.enum and text not in field.enum:
        raise BadPayload(f"field {field.name!r} must be one of {', '.join(field.enum)}, got {text[:40]!r}")
    return text


def _number(field: TemplateField, value: Any, wrong: BadPayload) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong
    try:
        number = float(value)
        whole = int(value) if field.type == "integer" and isinstance(value, int | str) else None
    except (ValueError, OverflowError):
        raise wrong from None
    if not math.isfinite(number) or abs(number) > MAX_NUMBER:
        raise wrong
    if field.type == "integer":
        if whole is None and not number.is_integer():
            raise wrong
        return whole if whole is not None else int(number)
    return number


def _moment(value: Any, wrong: BadPayload) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        raise wrong from None
    if parsed.tzinfo is None:
        raise wrong
    return parsed.isoformat().replace("+00:00", "Z")


def check_limits(client_payload: Mapping[str, Any]) -> None:
    """Raise BadPayload when the payload is over GitHub's limits of keys or size."""
    if len(client_payload) > MAX_PAYLOAD_KEYS:
        raise BadPayload(f"client_payload may have at most {MAX_PAYLOAD_KEYS} keys, but has {len(client_payload)}")
    size = len(orjson.dumps(client_payload))
    if size >= MAX_PAYLOAD_BYTES:
        raise BadPayload(
            f"client_payload must be smaller than {MAX_PAYLOAD_BYTES} bytes, but has {size}; shorten fields"
        )


class Template(TemplateDraft, Record):
    """A stored template."""
