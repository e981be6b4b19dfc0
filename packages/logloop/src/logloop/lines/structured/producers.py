"""JSON shapes of well-known programs: how their fields become those of an entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from logloop.lines import severities
from logloop.lines.parsed import Context, ParsedLine
from logloop.lines.structured.fields import from_fields

Reader = Callable[[dict[str, Any], str, Context], ParsedLine]


class Producer(NamedTuple):
    """A program, and the keys that identify its objects."""

    name: str
    keys: frozenset[str]
    read: Reader


def expand(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the records of an object that holds several: OTLP, CloudTrail, CloudWatch and Azure files."""
    if "resourceLogs" in fields:
        return _otlp(fields)
    for name in ("Records", "records", "logEvents"):
        items = fields.get(name)
        if isinstance(items, list) and items and all(isinstance(item, dict) for item in items):
            around = {key: value for key, value in fields.items() if key != name}
            return [{**around, **item} for item in items]
    return []


def _otlp(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a record for each log record, with its resource and scope. Other shapes stay as they are."""
    records = []
    for resource_logs in _objects(fields.get("resourceLogs")):
        resource = _values(_object(resource_logs.get("resource")).get("attributes"))
        for scope_logs in _objects(resource_logs.get("scopeLogs")):
            scope = _object(scope_logs.get("scope")).get("name")
            for record in _objects(scope_logs.get("logRecords")):
                merged = {**record, "attributes": {**resource, **_values(record.get("attributes"))}}
                merged["body"] = _value(record.get("body"))
                if scope:
                    merged["otel.scope.name"] = scope
                if service := resource.get("service.name"):
                    merged["service.name"] = service
                records.append(merged)
    return records


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _values(attributes: Any) -> dict[str, Any]:
    return {str(item["key"]): _value(item.get("value")) for item in _objects(attributes) if "key" in item}


def _value(value: Any) -> Any:
    """Return the value of an OTLP AnyValue, such as {"stringValue": "x"}."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, inner),) = value.items()
    if kind == "arrayValue" and isinstance(inner, dict):
        return [_value(item) for item in inner.get("values", ())]
    if kind == "kvlistValue" and isinstance(inner, dict):
        return _values(inner.get("values"))
    return inner if kind.endswith("Value") else value


def _mongod(fields: dict[str, Any], line: str, context: Context) -> ParsedLine:
    named = {
        "component": fields.get("c"),
        "context": fields.get("ctx"),
        "log_id": fields.get("id"),
        "attr": fields.get("attr"),
    }
    kept = {name: value for name, value in fields.items() if name not in {"c", "ctx", "id", "attr"}}
    kept["mongodb"] = {name: value for name, value in named.items() if value is not None}
    return from_fields(kept, line, context, "mongodb")


def _journal(fields: dict[str, Any], line: str, context: Context) -> ParsedLine:
    rest = dict(fields)
    message = rest.get("MESSAGE")
    if isinstance(message, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in message):
        rest["MESSAGE"] = bytes(message).decode("utf-8", "replace")  # journald writes other than UTF-8 as bytes
    priority = str(rest.pop("PRIORITY", ""))
    parsed = from_fields(rest, line, context, "journald")
    if priority.isdecimal():
        parsed.severity, parsed.severity_text = severities.from_number(int(priority)), priority
    else:
        parsed.severity = None
    return parsed


def _clef(fields: dict[str, Any], line: str, context: Context) -> ParsedLine:
    parsed = from_fields(fields, line, context, "clef")
    if exception := fields.get("@x"):
        parsed.attributes["exception.stacktrace"] = exception
        parsed.attributes.pop("@x", None)
    if "@l" not in fields:
        parsed.severity = severities.INFO  # CLEF leaves the level out when it is Information
    return parsed


def _cloudtrail(fields: dict[str, Any], line: str, context: Context) -> ParsedLine:
    parsed = from_fields(fields, line, context, "cloudtrail")
    failure = fields.get("errorCode")
    parts = [fields.get("eventSource"), fields.get("eventName"), failure, fields.get("errorMessage")]
    parsed.message = " ".join(str(part) for part in parts if part)
    parsed.severity = severities.ERROR if failure else severities.INFO
    return parsed


def _otlp_record(fields: dict[str, Any], line: str, context: Context) -> ParsedLine:
    values = {**fields, "body": _value(fields["body"]), "attributes": _values(fields.get("attributes"))}
    if isinstance(fields.get("attributes"), dict):
        values["attributes"] = fields["attributes"]
    return from_fields(values, line, context, "otlp")


def _windows_event(fields: dict[str, Any], line: str, context: Context) -> ParsedLine:
    parsed = from_fields(fields, line, context, "windows-event")
    level = fields.get("Level", fields.get("level"))
    if isinstance(level, int) and not isinstance(level, bool):
        parsed.severity = severities.from_windows(level) or parsed.severity
    return parsed


def _gelf(fields: dict[str, Any], line: str, context: Context) -> ParsedLine:
    parsed = from_fields(fields, line, context, "gelf")
    full = parsed.attributes.get("full_message")
    if isinstance(full, str) and full.startswith(parsed.message):
        parsed.message = full.rstrip()
        del parsed.attributes["full_message"]
    return parsed


def _go_test(fields: dict[str, Any], line: str, context: Context) -> ParsedLine:
    parsed = from_fields(fields, line, context, "go-test-json")
    action, output = str(fields["Action"]), fields.get("Output")
    if isinstance(output, str) and output.strip():
        parsed.message = output.rstrip("\n")
        del parsed.attributes["Output"]
    else:
        parsed.message = " ".join(str(fields[name]) for name in ("Action", "Package", "Test") if name in fields)
    if isinstance(fields.get("Test"), str):
        parsed.test_id = fields["Test"]
        if action in {"pass", "fail", "skip"}:
            parsed.attributes["test.outcome"] = {"pass": "passed", "fail": "failed", "skip": "skipped"}[action]
    parsed.severity = severities.ERROR if action in {"fail", "build-fail"} else severities.INFO
    return parsed


_PRODUCERS = tuple(
    Producer(name, frozenset(keys.split()), read)
    for name, keys, read in (
        ("mongodb", "t s c msg", _mongod),
        ("journald", "__REALTIME_TIMESTAMP", _journal),
        ("clef", "@t", _clef),
        ("cloudtrail", "eventVersion eventSource eventName", _cloudtrail),
        ("gelf", "version short_message host", _gelf),
        ("gelf", "version short_message", _gelf),
        ("go-test-json", "Action Package Time", _go_test),
        ("go-test-json", "Action ImportPath", _go_test),
        ("otlp", "body severityNumber", _otlp_record),
        ("otlp", "body timeUnixNano", _otlp_record),
        ("windows-event", "ProviderName Level", _windows_event),
        ("windows-event", "TimeCreated Level", _windows_event),
        ("windows-event", "EventID Level", _windows_event),
    )
)
_MARKS = frozenset(
    {
        "c",
        "__REALTIME_TIMESTAMP",
        "@t",
        "eventVersion",
        "short_message",
        "ProviderName",
        "TimeCreated",
        "EventID",
        "body",
        "Action",
    }
)


def find_producer(fields: Mapping[str, Any]) -> Producer | None:
    """Return the program whose keys an object has; None when no program is certain."""
    if _MARKS.isdisjoint(fields):
        return None
    for producer in _PRODUCERS:
        if producer.keys <= fields.keys():
            return producer
    return None
