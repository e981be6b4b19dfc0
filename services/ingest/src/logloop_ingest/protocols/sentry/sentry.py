"""Sentry's envelopes: its logs, and its events (errors and messages). Everything else in them is counted only."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
from logloop_chassis.http.problems import BadRequest, Problem

from logloop_ingest.accept import Result
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.json_values import InvalidLine, too_many_entries
from logloop_ingest.parsing.translated_entries import TranslatedEntry, entries_of
from logloop_ingest.protocols.answers import as_json
from logloop_ingest.protocols.protocol import Answer, Envelope, IntakeProtocol
from logloop_ingest.protocols.sentry.items import entry_of_event, entry_of_log
from logloop_ingest.protocols.translation.documents import DocumentEntry
from logloop_ingest.protocols.translation.json_objects import object_of
from logloop_ingest.telemetry import IGNORED

_KINDS = frozenset({"transaction", "session", "sessions", "client_report", "attachment", "check_in", "profile",
                    "profile_chunk", "replay_event", "replay_recording", "replay_video", "span", "statsd",
                    "metric_buckets", "trace_metric", "user_report", "feedback"})  # fmt: skip
_MAX_ITEMS = 1000


class Item(NamedTuple):
    """One item of an envelope: its header and its payload."""

    header: dict[str, Any]
    payload: bytes


def translate(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return the entries of the logs and events of an envelope."""
    entries: list[TranslatedEntry | InvalidLine] = []
    has_times = True
    for item in items_of(body):
        for made in _entries(item, envelope, limits):
            if isinstance(made, InvalidLine):
                entries.append(made)
            else:
                has_times = has_times and made.has_time
                entries.append(made.entry)
            if len(entries) > limits.entries:
                raise too_many_entries(limits.entries)
    return entries_of(entries, max_entries=limits.entries, has_times=has_times)


def items_of(body: bytes) -> Iterator[Item]:
    """Yield the items of an envelope. Raises BadRequest."""
    line, position = _line(body, 0)
    if object_of(line) is None:
        raise BadRequest("the first line of an envelope must be its header, a JSON object")
    count = 0
    while position < len(body):
        line, position = _line(body, position)
        if not line.strip():
            continue
        header = object_of(line)
        count += 1
        if header is None or not isinstance(header.get("type"), str):
            raise BadRequest(f"item {count} of the envelope must begin with a header, a JSON object with its type")
        if count > _MAX_ITEMS:
            raise BadRequest(f"an envelope may have {_MAX_ITEMS} items; send several")
        length = header.get("length")
        if length is None:
            payload, position = _line(body, position)
        elif isinstance(length, int) and 0 <= length <= len(body) - position:
            payload, position = body[position : position + length], position + length
        else:
            raise BadRequest(f"item {count} of the envelope states a length that is not the length of its payload")
        yield Item(header, payload)


def _line(body: bytes, position: int) -> tuple[bytes, int]:
    end = body.find(b"\n", position)
    return (body[position:], len(body)) if end < 0 else (body[position:end], end + 1)


def _entries(item: Item, envelope: Envelope, limits: Limits) -> Iterator[DocumentEntry | InvalidLine]:
    kind = item.header["type"]
    if kind not in {"log", "event"}:
        IGNORED.labels("sentry", kind if kind in _KINDS else "other").inc()
        return
    payload = object_of(item.payload)
    if payload is None:
        yield InvalidLine(f"the payload of an item of type {kind} must be a JSON object", item.payload[:200])
    elif kind == "event":
        yield _made(entry_of_event, payload, envelope, limits)
    else:
        logs = payload.get("items", [payload])
        for log in logs if isinstance(logs, list) else [logs]:
            yield _made(entry_of_log, log, envelope, limits)


def _made(
    make: Callable[..., DocumentEntry], value: Any, envelope: Envelope, limits: Limits
) -> DocumentEntry | InvalidLine:
    if not isinstance(value, dict):
        return InvalidLine("a log must be a JSON object", b"")
    return make(value, limits=limits, now_us=envelope.now_us, project=envelope.path_parameters.get("project", ""))


def key_in_header(line: bytes) -> str | None:
    """Return the key in the DSN of an envelope's header: requests through a tunnel have it nowhere else."""
    dsn = (object_of(line) or {}).get("dsn")
    try:
        return urlsplit(dsn).username if isinstance(dsn, str) else None
    except ValueError:
        return None


def accepted(_envelope: Envelope, result: Result, body: bytes) -> Answer:
    """Return the id of the event, as clients expect it."""
    header = object_of(_line(body, 0)[0]) or {}
    event_id = header.get("event_id")
    document: dict[str, Any] = {"id": event_id} if isinstance(event_id, str) else {}
    if result.rejected:
        first = result.rejected[0]
        violation = first.violations[0]
        document["detail"] = f"{len(result.rejected)} rejected; the first: {violation.field} {violation.reason}"
    return as_json(200, document)


def refused(_envelope: Envelope, problem: Problem, _body: bytes | None = None) -> Answer:
    """Return what is wrong. Clients never send again; after 429 they also wait as long as they are told."""
    status = 403 if problem.status == 401 else problem.status
    headers = dict(problem.headers)
    if status == 429:
        headers["X-Sentry-Rate-Limits"] = f"{headers.get('Retry-After', '1')}::organization:queue_full"
    if status >= 400:
        headers["X-Sentry-Error"] = problem.detail.encode("ascii", "replace").decode()
    return Answer(status, orjson.dumps({"detail": problem.detail}), "application/json", headers)


SENTRY = IntakeProtocol(
    name="sentry",
    paths=("/api/{project}/envelope/", "/api/{project}/envelope"),
    translate=translate,
    accepted=accepted,
    refused=refused,
    key_in_first_line=key_in_header,
)
