"""Seq's two formats: CLEF, with one JSON object a line, and the older raw events."""

import re
from typing import Any

from logloop_chassis.http.problems import Problem

from logloop_ingest.accept import Result
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.json_values import InvalidLine, too_many_entries
from logloop_ingest.parsing.translated_entries import TranslatedEntry, entries_of
from logloop_ingest.protocols.answers import as_json
from logloop_ingest.protocols.protocol import Answer, Envelope, IntakeProtocol
from logloop_ingest.protocols.translation.documents import DocumentEntry, FieldNames, entry_of_document
from logloop_ingest.protocols.translation.exceptions import STACKTRACE, message_with
from logloop_ingest.protocols.translation.json_objects import add_values, entries_of_objects, object_of
from logloop_ingest.protocols.translation.values import text_of

_HOLE = re.compile(r"\{\{|\}\}|\{([@$]?)([A-Za-z0-9_.]+)(,-?\d+)?(:[^{}]*)?\}")
_NAMES = FieldNames(
    message=("@m",),
    timestamp=("@t",),
    severity=("@l",),
    service=("service.name", "service", "Service", "ServiceName", "service_name", "Application", "ApplicationName",
             "app", "App", "SourceContext", "LoggerName"),
    test=("test_id", "TestId"),
    function=("func_id", "MemberName"),
    source=("source",),
)  # fmt: skip
_ATTRIBUTES = {"@mt": "message_template", "@i": "event_type", "@tr": "trace_id", "@sp": "span_id", "@x": STACKTRACE,
               "@ps": "parent_span_id", "@sk": "span_kind", "@st": "span_start", "@ra": "resource",
               "@sa": "scope"}  # fmt: skip
_RAW = {"Timestamp": "@t", "Level": "@l", "MessageTemplate": "@mt", "Exception": "@x", "EventType": "@i",
        "RenderedMessage": "@m", "TraceId": "@tr", "SpanId": "@sp"}  # fmt: skip
_DEFAULT_LEVEL = "info"


def translate(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return the entries of CLEF lines or of `{"Events":[…]}`."""
    raw = object_of(body) if body.lstrip()[:1] == b"{" and b'"Events"' in body else None
    events = None if raw is None else raw.get("Events")
    if not isinstance(events, list):
        return entries_of_objects(body, limits, lambda event: entry_of_event(event, envelope, limits))
    if len(events) > limits.entries:
        raise too_many_entries(limits.entries)
    entries: list[TranslatedEntry | InvalidLine] = []
    has_times = True
    for event in events:
        if not isinstance(event, dict):
            entries.append(InvalidLine("an event must be a JSON object", b""))
            continue
        made = entry_of_event(_from_raw(event), envelope, limits)
        has_times = has_times and made.has_time
        entries.append(made.entry)
    return entries_of(entries, max_entries=limits.entries, has_times=has_times)


def _from_raw(event: dict[str, Any]) -> dict[str, Any]:
    """Return a raw event in CLEF."""
    converted = {_RAW.get(name, name): value for name, value in event.items() if name != "Properties"}
    properties = event.get("Properties")
    if isinstance(properties, dict):
        add_values(converted, _unescaped(properties), "Properties")
    elif properties is not None:
        converted["Properties"] = properties
    return converted


def _unescaped(properties: dict[str, Any]) -> dict[str, Any]:
    """Return properties that cannot be taken for fields of CLEF, in which `@@` stands for `@`."""
    return {f"@{name}" if name.startswith("@") else name: value for name, value in properties.items()}


def entry_of_event(event: dict[str, Any], envelope: Envelope, limits: Limits) -> DocumentEntry:
    """Return the entry of a CLEF event: fields begin with `@`, properties that do so with `@@`."""
    properties = {
        name.removeprefix("@"): value for name, value in event.items() if name[:1] != "@" or name[:2] == "@@"
    }
    document = {name: value for name, value in event.items() if name[:1] == "@" and name[:2] != "@@"}
    document.setdefault("@l", _DEFAULT_LEVEL)
    message, template = document.get("@m"), document.get("@mt")
    if message is None and isinstance(template, str):
        message = rendered(template, properties, document.pop("@r", None))
    if isinstance(document.get("@x"), str):
        message = message_with(text_of(message), document["@x"])
    if message is not None:
        document["@m"] = message
    if template == message:
        document.pop("@mt", None)
    document = {_ATTRIBUTES.get(name, name): value for name, value in document.items() if value is not None}
    add_values(document, properties, "property")
    made = entry_of_document(document, limits=limits, now_us=envelope.now_us, names=_NAMES)
    attributes = made.entry.attributes
    if attributes is not None and "@l" in attributes:
        attributes["severity_text"] = attributes.pop("@l")
    return made


def rendered(template: str, properties: dict[str, Any], renderings: Any = None) -> str:
    """Return a message template with its values. A hole without one stays as it is.

    `renderings` has the texts of the holes with a format, in order.
    """
    formatted = iter(renderings if isinstance(renderings, list) else [])

    def fill(hole: re.Match[str]) -> str:
        if hole[0] in {"{{", "}}"}:
            return hole[0][0]
        text = next(formatted, None) if hole[4] else None
        if isinstance(text, str):
            return text
        return text_of(properties[hole[2]]) if hole[2] in properties else hole[0]

    return _HOLE.sub(fill, template)


def accepted(_envelope: Envelope, result: Result, _body: bytes) -> Answer:
    """Return 201; a level of null lets clients send all levels."""
    document: dict[str, Any] = {"MinimumLevelAccepted": None}
    if result.rejected:
        first = result.rejected[0]
        violation = first.violations[0]
        document["Error"] = (
            f"{len(result.rejected)} events were rejected; the first, {first.index}: "
            f"{violation.field} {violation.reason}"
        )
    return as_json(201, document)


def refused(_envelope: Envelope, problem: Problem, _body: bytes | None = None) -> Answer:
    """Return an error of Seq. Its client for JavaScript sends again after 5xx, not after 429."""
    status = 503 if problem.status == 429 else problem.status
    return as_json(status, {"Error": problem.detail}, problem)


CLEF = IntakeProtocol(
    name="seq",
    paths=("/ingest/clef", "/api/events/raw"),
    translate=translate,
    accepted=accepted,
    refused=refused,
)
