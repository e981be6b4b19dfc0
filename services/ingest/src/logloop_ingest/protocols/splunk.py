"""Splunk's HTTP Event Collector: events, raw lines, and the acknowledgements that clients ask for."""

import secrets
from dataclasses import replace
from typing import Any, NamedTuple

import orjson
from logloop_chassis.http.problems import BadRequest, Problem

from logloop_ingest.accept import Result
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.json_values import InvalidLine
from logloop_ingest.parsing.translated_entries import TranslatedEntry, entries_of
from logloop_ingest.protocols.answers import as_json
from logloop_ingest.protocols.protocol import Answer, Envelope, FixedAnswer, IntakeProtocol
from logloop_ingest.protocols.translation.documents import ANY, DocumentEntry, entry_of_document
from logloop_ingest.protocols.translation.json_objects import NoData, add_values, entries_of_objects
from logloop_ingest.protocols.translation.severities import severity_in
from logloop_ingest.protocols.translation.values import UNKNOWN_SERVICE, cut, first_text, micros, service_id

_PREFIX = "/services/collector"
_MAX_ACK_ID = 2**52


class _Reply(NamedTuple):
    """A status of HTTP with the code and the text that Splunk sends with it."""

    status: int
    code: int
    text: str


_SUCCESS = _Reply(200, 0, "Success")
_TOKEN_REQUIRED = _Reply(401, 2, "Token is required")
_INVALID_AUTHORIZATION = _Reply(401, 3, "Invalid authorization")
_INVALID_TOKEN = _Reply(403, 4, "Invalid token")
_NO_DATA = _Reply(400, 5, "No data")
_INVALID_DATA = _Reply(400, 6, "Invalid data format")
_INCORRECT_INDEX = _Reply(400, 7, "Incorrect index")
_INTERNAL = _Reply(500, 8, "Internal server error")
_BUSY = _Reply(503, 9, "Server is busy")
_NO_CHANNEL = _Reply(400, 10, "Data channel is missing")
_EVENT_REQUIRED = _Reply(400, 12, "Event field is required")
_EVENT_BLANK = _Reply(400, 13, "Event field cannot be blank")
_FIELDS_INVALID = _Reply(400, 15, "Error in handling indexed fields")
_HEALTHY = _Reply(200, 17, "HEC is healthy")
_TOO_LARGE = _Reply(413, 27, "Request entity too large")
_OF_EVENT = {reply.text: reply for reply in (_EVENT_REQUIRED, _EVENT_BLANK, _FIELDS_INVALID)}
_OF_STATUS = {404: _INCORRECT_INDEX, 403: _INVALID_TOKEN, 413: _TOO_LARGE, 429: _BUSY, 503: _BUSY}

_METADATA = ("host", "source", "sourcetype", "index")
_SCHEMES = frozenset({"splunk", "bearer", "basic"})
_NAMES = replace(ANY, message=(*ANY.message, "line"))  # Docker's driver sends the line of a container as `line`
_TIMED_NAMES = replace(_NAMES, timestamp=())


def translate(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return the entries of events: one object, an array, or objects that follow each other."""

    def make(event: dict[str, Any]) -> DocumentEntry | InvalidLine:
        return _entry(event, envelope, limits)

    return entries_of_objects(body, limits, make)


def translate_raw(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return an entry for each line that is not blank."""
    lines = [line.rstrip("\r") for line in body.decode("utf-8", "replace").split("\n") if line.strip()]
    if not lines:
        raise NoData("the body is empty; send at least one line")
    metadata: dict[str, Any] = {name: text for name in _METADATA if (text := envelope.query.get(name))}
    service = _service(metadata, envelope)
    source = metadata.pop("source", None)
    entries = []
    for line in lines[: limits.entries + 1]:
        message, attributes = cut(line, metadata or None, limits.message_bytes)
        entries.append(
            TranslatedEntry(
                service,
                message,
                severity_in(line),
                envelope.now_us,
                source=source and source[: limits.reference_length],
                attributes=attributes,
            )
        )
    return entries_of(entries, max_entries=limits.entries, has_times=False)


def _entry(item: dict[str, Any], envelope: Envelope, limits: Limits) -> DocumentEntry | InvalidLine:
    event = item.get("event")
    if event is None:
        return InvalidLine(_EVENT_REQUIRED.text, b"")
    if isinstance(event, str | dict | list) and not event:
        return InvalidLine(_EVENT_BLANK.text, b"")
    fields = item.get("fields", {})
    if not isinstance(fields, dict):
        return InvalidLine(_FIELDS_INVALID.text, b"")
    document = dict(event) if isinstance(event, dict) else {"message": event}
    add_values(document, fields, "fields")
    rest = {name: value for name, value in item.items() if name not in {"event", "fields", "time"}}
    service = _service(rest, envelope)
    add_values(document, rest, "splunk")
    time_us = micros(item.get("time"))
    if time_us is None and item.get("time") is not None:
        document["splunk.time"] = item["time"]
    return entry_of_document(
        document,
        limits=limits,
        now_us=envelope.now_us,
        names=_NAMES if time_us is None else _TIMED_NAMES,
        service=service,
        time_us=time_us,
    )


def _service(metadata: dict[str, Any], envelope: Envelope) -> str:
    """Return the service of events that name none: `?service=`, or the source if it is the name of a program."""
    asked = envelope.query.get("service")
    source = first_text(metadata, ("source",))
    if not asked and source is not None and "/" not in source and "\\" not in source and ":" not in source:
        asked = source
    return service_id(asked) if asked else UNKNOWN_SERVICE


def accepted(envelope: Envelope, result: Result, _body: bytes) -> Answer:
    """Return success, or the first event that was rejected; all others are stored even then."""
    if not result.rejected and not result.accepted:
        return _answer(_NO_DATA)
    if result.rejected:
        first = result.rejected[0]
        violation = first.violations[0]
        reply = _OF_EVENT.get(violation.reason, _INVALID_DATA)
        return _answer(
            reply,
            **{"invalid-event-number": first.index, "detail": f"{violation.field} {violation.reason}"},
            stored=result.accepted,
        )
    return _answer(_SUCCESS, **({"ackId": secrets.randbelow(_MAX_ACK_ID)} if _channel(envelope) else {}))


def refused(envelope: Envelope, problem: Problem, _body: bytes | None = None) -> Answer:
    """Return Splunk's code for a problem. Its clients send again after 503, and some of them not after 429."""
    if isinstance(problem, NoData):
        reply = _NO_DATA
    elif problem.status == 401:
        reply = _unauthorized(envelope)
    elif problem.status in _OF_STATUS:
        reply = _OF_STATUS[problem.status]
    else:
        reply = _INTERNAL if problem.status >= 500 else _INVALID_DATA._replace(status=problem.status)
    return _answer(reply, headers=problem.headers, detail=problem.detail)


def _unauthorized(envelope: Envelope) -> _Reply:
    authorization = envelope.headers.get("authorization", "")
    scheme, _, token = authorization.partition(" ")
    if not authorization:
        return _TOKEN_REQUIRED
    return _INVALID_TOKEN if scheme.lower() in _SCHEMES and token.strip() else _INVALID_AUTHORIZATION


def _channel(envelope: Envelope) -> str:
    return envelope.headers.get("x-splunk-request-channel") or envelope.query.get("channel") or ""


def _answer(reply: _Reply, *, headers: Any = None, **more: Any) -> Answer:
    answer = as_json(reply.status, {"text": reply.text, "code": reply.code, **more})
    return Answer(answer.status, answer.body, answer.media_type, headers or {})


def _acknowledged(envelope: Envelope, body: bytes) -> Answer:
    """Confirm each acknowledgement id: a request gets one only when the broker has confirmed its events."""
    if not _channel(envelope):
        return _answer(_NO_CHANNEL)
    try:
        acks = orjson.loads(body)["acks"]
        if not isinstance(acks, list) or not all(isinstance(ack, int) for ack in acks):
            raise TypeError
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return refused(envelope, BadRequest('the body must be {"acks":[<id>, …]}'))
    return as_json(200, {"acks": {str(ack): True for ack in acks}})


def _health(_envelope: Envelope, _body: bytes) -> Answer:
    return _answer(_HEALTHY)


_SHARED: dict[str, Any] = {"accepted": accepted, "refused": refused, "answers_each_entry": True}
SPLUNK = IntakeProtocol(
    name="splunk",
    paths=(_PREFIX, f"{_PREFIX}/event", f"{_PREFIX}/event/1.0"),
    translate=translate,
    **_SHARED,
)
SPLUNK_RAW = IntakeProtocol(
    name="splunk",
    paths=(f"{_PREFIX}/raw", f"{_PREFIX}/raw/1.0"),
    translate=translate_raw,
    **_SHARED,
)
SPLUNK_ANSWERS = (
    FixedAnswer((f"{_PREFIX}/health", f"{_PREFIX}/health/1.0"), _health, needs_key=False),
    FixedAnswer((f"{_PREFIX}/ack", f"{_PREFIX}/ack/1.0"), _acknowledged, methods=("POST",), refused=refused),
)
