"""Makes each entry one that ingest accepts, so that one bad entry never costs another.

A value that breaks a rule is replaced or left out, and kept as the attribute `logloop.original.<field>`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from logloop.api.encoding import json_line, text_of

Entry: TypeAlias = dict[str, Any]

# The limits of `logloop_contracts.log_entry`, which takes 300 ms to import; a test holds them equal.
MAX_MESSAGE_BYTES = 256 * 1024
MAX_ENTRY_BYTES = 1024 * 1024
MAX_REFERENCE_LENGTH = 512
MAX_ATTRIBUTE_KEYS = 256
SERVICE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")
FIELDS = frozenset({
    "project_id", "service_id", "test_id", "func_id", "message", "severity", "timestamp", "source", "attributes",
})  # fmt: skip

ORIGINAL = "logloop.original."
"""Prefix of the attributes that keep replaced values."""
SURPLUS = "logloop.more"
"""Attribute that holds the attributes beyond the permitted number."""
MAX_ORIGINAL_CHARS = 4096
_REFERENCES = ("test_id", "func_id", "source")
_SHORTENED_CHARS = 8 * 1024


def fit(message: str, attributes: dict[str, Any]) -> str:
    """Return the message, truncated with a visible mark when it exceeds 256 KiB of UTF-8."""
    if len(message) * 4 <= MAX_MESSAGE_BYTES:
        return message
    data = message.encode("utf-8", "surrogatepass")
    if len(data) <= MAX_MESSAGE_BYTES:
        return message
    attributes["logloop.message_bytes"] = len(data)
    return data[: MAX_MESSAGE_BYTES - 64].decode("utf-8", "ignore") + f"… [truncated, {len(data)} bytes in total]"


def service_id_of(text: str) -> str:
    """Return a text as a valid service id; empty when nothing of it can be one."""
    return re.sub(r"[^A-Za-z0-9._:/@-]+", "-", text).strip("-._:/@")[:128]


def sendable_line(entry: Entry, project: str | None, service: str) -> bytes:
    """Return an entry as a line of NDJSON that follows the rules of ingest. Never raises.

    `project` and `service` are used where the entry has none or an invalid one.
    """
    try:
        values = _repaired(entry, project, service)
        line = json_line(values)
        return line if len(line) <= MAX_ENTRY_BYTES else json_line(_shortened(values))
    except Exception as error:  # noqa: BLE001 - an entry may hold foreign objects that raise anything
        return json_line(_replacement(entry, project, service, error))


def after_refusal(line: bytes, fields: Iterable[str], service: str, now: datetime | None) -> bytes | None:
    """Return the line of an entry that ingest has refused, without what breaks its rules; None if that is impossible.

    `fields` are those that ingest names. `now` is the server's time, which replaces a refused timestamp.
    """
    values: Entry = json.loads(line)
    refused = set(fields)
    if not refused or "project_id" in refused:
        return None
    if "entry" in refused:
        values = _shortened(values)
    originals: dict[str, Any] = {}
    for name in refused & values.keys():
        if name != "message":
            originals[ORIGINAL + name] = _original(values.pop(name))
    if "message" in refused:
        values = _shortened(values)
    values.setdefault("service_id", service)
    values.setdefault("severity", "info")
    values.setdefault("timestamp", (now or datetime.now(UTC)).isoformat())
    values["attributes"] = {**values.get("attributes", {}), **originals}
    return json_line(values)


def _repaired(entry: Entry, project: str | None, service: str) -> Entry:
    values = {name: value for name, value in entry.items() if value is not None}
    odd = {name: values.pop(name) for name in values.keys() - FIELDS}
    originals: dict[str, Any] = {}
    if not values.get("project_id"):
        values["project_id"] = project
    if not is_service_id(name := values.get("service_id")):
        if name is not None:
            originals["service_id"] = name
        values["service_id"] = service
    for field in _REFERENCES:
        reference = values.get(field)
        if reference is not None and not (isinstance(reference, str) and 1 <= len(reference) <= MAX_REFERENCE_LENGTH):
            originals[field] = values.pop(field)
            if fitting := text_of(reference)[:MAX_REFERENCE_LENGTH]:
                values[field] = fitting
    if not isinstance(values.setdefault("severity", "info"), str):
        originals["severity"], values["severity"] = values["severity"], "info"
    values["timestamp"] = _timestamp(values.get("timestamp"), originals)
    attributes = values.get("attributes")
    if originals or odd or attributes is None or not isinstance(attributes, dict):
        attributes = _attributes(attributes, originals, odd)
    message = values.get("message", "")
    values["message"] = fit(message if isinstance(message, str) else text_of(message), attributes)
    values["attributes"] = attributes if len(attributes) <= MAX_ATTRIBUTE_KEYS else _bundled(attributes)
    if not values["attributes"]:
        del values["attributes"]
    return values


def is_service_id(value: object) -> bool:
    """Return whether ingest accepts a value as a service id."""
    return isinstance(value, str) and SERVICE_ID.fullmatch(value) is not None


def _timestamp(value: Any, originals: dict[str, Any]) -> str:
    """Return a timestamp as text. A value that is not a time is replaced by the current time."""
    if value is None:
        return datetime.now(UTC).isoformat()
    if isinstance(value, str):
        return value
    try:
        moment = value if isinstance(value, datetime) else datetime.fromtimestamp(float(value), UTC)
        return moment.astimezone(UTC).isoformat()
    except Exception:  # noqa: BLE001 - foreign numbers and time zones may raise anything
        originals["timestamp"] = value
        return datetime.now(UTC).isoformat()


def _attributes(attributes: Any, originals: Mapping[str, Any], odd: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(attributes) if isinstance(attributes, dict) else {}
    if attributes is not None and not isinstance(attributes, dict):
        found[ORIGINAL + "attributes"] = _original(attributes)
    found |= {text_of(name): value for name, value in odd.items()}
    return found | {ORIGINAL + name: _original(value) for name, value in originals.items()}


def _original(value: Any) -> str:
    text = json_line(value).decode() if isinstance(value, dict | list) else text_of(value)
    return text[:MAX_ORIGINAL_CHARS]


def _bundled(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the first attributes, and the surplus as one nested object."""
    items = list(attributes.items())
    kept = MAX_ATTRIBUTE_KEYS - 1
    return {**dict(items[:kept]), SURPLUS: dict(items[kept:])}


def _shortened(values: Entry) -> Entry:
    """Return an entry with its message and its attributes shortened to a few KiB each."""
    message: str = values["message"]
    if len(message) > _SHORTENED_CHARS:
        message = f"{message[:_SHORTENED_CHARS]}… [truncated, {len(message)} characters in total]"
    attributes = dict(sorted(values.get("attributes", {}).items(), key=lambda item: len(json_line(item[1]))))
    room = MAX_ENTRY_BYTES // 2
    for name, value in attributes.items():
        text = value if isinstance(value, str) else json_line(value).decode()
        if len(text) > min(_SHORTENED_CHARS, room):
            attributes[name] = f"{text[: min(_SHORTENED_CHARS, room)]}… [truncated, {len(text)} characters in total]"
        room = max(0, room - 4 * min(len(text), _SHORTENED_CHARS))
    return {**values, "message": message, "attributes": attributes}


def _replacement(entry: Entry, project: str | None, service: str, error: Exception) -> Entry:
    """Return what is left of an entry that cannot be encoded at all."""
    return {
        "project_id": project,
        "service_id": service,
        "message": text_of(entry.get("message"))[:_SHORTENED_CHARS],
        "severity": "warn",
        "timestamp": datetime.now(UTC).isoformat(),
        "attributes": {"logloop.repair_error": f"{type(error).__name__}: {text_of(error)}"[:MAX_ORIGINAL_CHARS]},
    }
