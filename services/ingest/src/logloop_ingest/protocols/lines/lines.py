"""Lines of text, JSON documents and forms, for programs that have no format of their own."""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import orjson
from logloop_chassis.http.problems import MEDIA_TYPE, Problem

from logloop_ingest.accept import Result
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.json_values import InvalidLine
from logloop_ingest.parsing.translated_entries import TranslatedEntry, entries_of
from logloop_ingest.protocols.answers import as_json
from logloop_ingest.protocols.credentials import PARAMETERS
from logloop_ingest.protocols.lines.log_records import entry_of_record, is_record
from logloop_ingest.protocols.protocol import Answer, Envelope, IntakeProtocol
from logloop_ingest.protocols.translation.documents import DocumentEntry, entry_of_document
from logloop_ingest.protocols.translation.json_objects import NoData, entries_of_objects, object_of
from logloop_ingest.protocols.translation.severities import severity_in
from logloop_ingest.protocols.translation.values import UNKNOWN_SERVICE, cut, micros, service_id

FORM = "application/x-www-form-urlencoded"
_MAX_FIELDS = 1000
_OF_REQUEST = frozenset({"service", "source", "project", *PARAMETERS})
"""Parameters of a request that belong to no record."""
_TIME = re.compile(r"\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d))\b", re.ASCII)
"""A time with its offset at the beginning of a line."""
_CONTINUES = re.compile(r"[ \t]|Traceback \(most recent call last\):|Caused by: |\.\.\. \d+ more")


def translate(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return the entries of lines, documents or a form, by the content type."""
    kind = envelope.media_type
    record = _form(body) if kind == FORM else None
    if record is None and not body and is_record(envelope.query):
        record = {name: value for name, value in envelope.query.items() if name.lower() not in _OF_REQUEST}
    if record is not None:
        made = entry_of_record(record, service=_service(envelope), limits=limits, now_us=envelope.now_us)
        # Two records in the query string have the same body: none.
        return entries_of([made.entry], max_entries=limits.entries, has_times=made.has_time and bool(body))
    if "json" in kind or "ndjson" in kind:
        return entries_of_objects(body, limits, lambda document: _document(document, envelope, limits))
    return _of_lines(body, envelope, limits)


def _form(body: bytes) -> dict[str, str] | None:
    """Return a form that has a LogRecord. `curl -d` states that any text is a form."""
    try:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        return None
    return form if is_record(form) else None


def _document(document: dict[str, Any], envelope: Envelope, limits: Limits) -> DocumentEntry:
    made = entry_of_document(document, limits=limits, now_us=envelope.now_us, service=_service(envelope))
    if made.entry.source is None:
        made.entry.source = _source(envelope, limits)
    return made


def _of_lines(body: bytes, envelope: Envelope, limits: Limits) -> Entries:
    service, source = _service(envelope) or UNKNOWN_SERVICE, _source(envelope, limits)
    entries: list[TranslatedEntry | InvalidLine] = []
    has_times = True
    for text in joined(body.decode("utf-8-sig", "replace").split("\n"), limits.message_bytes):
        document = object_of(text) if text.startswith("{") else None
        if document is not None:
            made = _document(document, envelope, limits)
            entries.append(made.entry)
            has_times = has_times and made.has_time
        else:
            stated = _TIME.match(text)
            time = None if stated is None else micros(stated[1].replace(",", "."))
            has_times = has_times and time is not None
            message, attributes = cut(text, None, limits.message_bytes)
            at = envelope.now_us if time is None else time
            entries.append(
                TranslatedEntry(service, message, severity_in(text), at, source=source, attributes=attributes)
            )
        if len(entries) > limits.entries:
            break
    if not entries:
        raise NoData("the body is empty; send at least one line")
    return entries_of(entries, max_entries=limits.entries, has_times=has_times)


def joined(lines: Iterable[str], max_length: int) -> Iterator[str]:
    """Yield logs: a line that is not blank, and the lines that continue it.

    A line continues the one before it when it begins with a blank, or begins or ends a stack trace. No log becomes
    longer than `max_length` bytes by that.
    """
    parts: list[str] = []
    size, in_traceback = 0, False
    for raw in lines:
        line = raw.rstrip()
        if not line:
            continue
        length = len(line.encode("utf-8", "replace")) + 1
        is_indented = line[0] in " \t"
        continues = _CONTINUES.match(line) is not None or (in_traceback and not _starts_anew(line))
        if parts and continues and size + length <= max_length:
            parts.append(line)
            size += length
        else:
            if parts:
                yield "\n".join(parts)
            parts, size = [line], length
        in_traceback = line.startswith("Traceback ") or (in_traceback and is_indented)
    if parts:
        yield "\n".join(parts)


def _starts_anew(line: str) -> bool:
    return _TIME.match(line) is not None or line.startswith("{")


def _service(envelope: Envelope) -> str | None:
    name = envelope.path_parameters.get("service") or envelope.query.get("service")
    return service_id(name) if name else None


def _source(envelope: Envelope, limits: Limits) -> str | None:
    return (envelope.query.get("source") or "")[: limits.reference_length] or None


def accepted(envelope: Envelope, result: Result, body: bytes) -> Answer:
    """Return 202 with the number of logs, and which were rejected; without a body for a record.

    `HTTPHandler` closes the connection before it has read a body, and the gateway reports that as a failure.
    """
    if not result.rejected and (not body or envelope.media_type == FORM):
        return Answer(202)
    rejected = [
        {"index": item.index, "reason": f"{item.violations[0].field} {item.violations[0].reason}"}
        for item in result.rejected
    ]
    return as_json(202, {"accepted": result.accepted, "rejected": rejected})


def refused(_envelope: Envelope, problem: Problem, _body: bytes | None = None) -> Answer:
    """Return a problem document."""
    return Answer(problem.status, orjson.dumps(problem.document(), default=str), MEDIA_TYPE, problem.headers)


LINES = IntakeProtocol(
    name="lines",
    paths=("/lines", "/lines/{service}"),
    methods=("POST", "GET"),
    translate=translate,
    accepted=accepted,
    refused=refused,
)
