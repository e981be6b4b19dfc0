"""Datadog's intake of logs: JSON, and lines of text."""

from dataclasses import replace
from typing import Any

from logloop_chassis.http.problems import Problem

from logloop_ingest.accept import Result
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.json_values import InvalidLine
from logloop_ingest.parsing.translated_entries import TranslatedEntry, entries_of
from logloop_ingest.protocols.answers import as_json
from logloop_ingest.protocols.protocol import Answer, Envelope, IntakeProtocol
from logloop_ingest.protocols.translation.documents import ANY, DocumentEntry, entry_of_document
from logloop_ingest.protocols.translation.json_objects import NoData, add_values, entries_of_objects, object_of

_NAMES = replace(
    ANY,
    timestamp=("timestamp", "date", "@timestamp", "time", "ts"),
    severity=("status", "level", "severity", "log.level", "levelname", "loglevel", "syslog.severity"),
    service=("service", "service.name", "service_name", "syslog.appname", "dd.service"),
    source=("source", "stream", "filename"),
)
_SHARED = ("ddsource", "ddtags", "hostname", "service")
"""What a request may state for each of its logs."""
_TAGS = "ddtags"


def translate(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return the entries of an object, an array, objects on lines, or lines of text."""
    shared = {name: text for name in _SHARED if (text := envelope.query.get(name))}

    def make(item: dict[str, Any]) -> DocumentEntry:
        return _entry({**shared, **item}, envelope, limits)

    if envelope.media_type.startswith("text/") and body.lstrip()[:1] not in {b"{", b"["}:
        lines = [line.rstrip("\r") for line in body.decode("utf-8", "replace").split("\n") if line.strip()]
        if not lines:
            raise NoData("the body is empty; send at least one line")
        entries: list[TranslatedEntry | InvalidLine] = [
            make({"message": line}).entry for line in lines[: limits.entries + 1]
        ]
        return entries_of(entries, max_entries=limits.entries, has_times=False)
    return entries_of_objects(body, limits, make)


def _entry(item: dict[str, Any], envelope: Envelope, limits: Limits) -> DocumentEntry:
    """Return the entry of a log. A message that is a JSON object is a document of its own, as in Datadog."""
    message = item.get("message")
    inner = object_of(message) if isinstance(message, str) and message.startswith("{") else None
    if inner:
        del item["message"]
        add_values(item, inner, "message")
    tags = item.pop(_TAGS, None)
    named, others = _tags(tags)
    add_values(item, named, _TAGS)
    if others:
        item[_TAGS] = others
    return entry_of_document(item, limits=limits, now_us=envelope.now_us, names=_NAMES)


def _tags(tags: Any) -> tuple[dict[str, str], Any]:
    """Return the tags `name:value` whose names are unique, and all others as they were sent."""
    if isinstance(tags, str):
        parts: Any = tags.split(",")
    elif isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        parts = tags
    else:
        return {}, tags
    named: dict[str, str] = {}
    others: list[str] = []
    for tag in filter(None, (part.strip() for part in parts)):
        name, _, value = tag.partition(":")
        if name and value and name not in named and name not in _SHARED:
            named[name] = value
        else:
            others.append(tag)
    return named, others


def accepted(_envelope: Envelope, result: Result, _body: bytes) -> Answer:
    """Return 202, and which logs were rejected."""
    rejected = [
        {"index": item.index, "reason": f"{item.violations[0].field} {item.violations[0].reason}"}
        for item in result.rejected
    ]
    return as_json(202, {"rejected": rejected} if rejected else {})


def refused(_envelope: Envelope, problem: Problem, _body: bytes | None = None) -> Answer:
    """Return an error of Datadog. Clients send again after 408, 429 and 5xx; 401 is 403 for them."""
    status = 403 if problem.status == 401 else problem.status
    error = {"status": str(status), "title": problem.title, "detail": problem.detail}
    return as_json(status, {"errors": [error]}, problem)


DATADOG = IntakeProtocol(
    name="datadog",
    paths=("/api/v2/logs", "/v1/input", "/v1/input/{key}"),
    translate=translate,
    accepted=accepted,
    refused=refused,
)
