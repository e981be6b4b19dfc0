"""The bulk API of Elasticsearch and OpenSearch, and the requests that their clients make before it."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from logloop_chassis.http.problems import BadRequest, Problem

from logloop_ingest.accept import Result
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.json_values import InvalidLine, too_many_entries
from logloop_ingest.parsing.translated_entries import TranslatedEntry, entries_of
from logloop_ingest.protocols.protocol import Answer, Envelope, FixedAnswer, IntakeProtocol
from logloop_ingest.protocols.translation.documents import entry_of_document
from logloop_ingest.protocols.translation.values import service_id

PREFIX = "/elasticsearch"
VERSION = "8.19.0"
"""The version that clients see: its bulk API is the same in the versions 7 to 9."""
_HEADERS = {"X-Elastic-Product": "Elasticsearch"}
"""Official clients refuse a server without it."""
_JSON = "application/json"
_DATE_SUFFIX = re.compile(r"[-._]?(\d{4}[.-]\d{2}([.-]\d{2})?|\d{6,8})([-._]\d+)?$")
_DATA_STREAM = re.compile(r"^(?:\.ds-)?logs-(.+)-[^-]+$")
"""`logs-<dataset>-<namespace>`, or an index behind it."""
_ACTIONS = frozenset({"index", "create"})


class _Item(NamedTuple):
    """One action of a bulk request: its name, index and id, and its document or why it has none."""

    action: str
    index_name: str
    id: str
    document: dict[str, Any] | InvalidLine


def translate(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return the entries of a bulk request."""
    entries: list[TranslatedEntry | InvalidLine] = []
    has_times = True
    for item in _items(envelope, body, limits):
        if isinstance(item.document, InvalidLine):
            entries.append(item.document)
            continue
        made = entry_of_document(
            item.document, limits=limits, now_us=envelope.now_us, service=service_of_index(item.index_name)
        )
        has_times = has_times and made.has_time
        entries.append(made.entry)
    return entries_of(entries, max_entries=limits.entries, has_times=has_times)


def service_of_index(index: str) -> str | None:
    """Return the service that the name of an index or a data stream stands for, without its date."""
    name = _DATA_STREAM.sub(r"\1", _DATE_SUFFIX.sub("", index))
    return service_id(name) if name else None


def _items(envelope: Envelope, body: bytes, limits: Limits) -> Iterator[_Item]:
    """Yield the actions of a bulk request. Raises BadRequest if a line is not an action."""
    default_index = envelope.path_parameters.get("index", "")
    lines = iter([line for line in body.split(b"\n") if line.strip()])
    for count, line in enumerate(lines, start=1):
        if count > limits.entries:
            raise too_many_entries(limits.entries)
        action, target = _action(line, count)
        index, item_id = str(target.get("_index") or default_index), str(target.get("_id") or "")
        if action == "delete":
            document: dict[str, Any] | InvalidLine = InvalidLine("logs cannot be deleted with _bulk", line)
        else:
            document = _document(next(lines, b""))
            if action not in _ACTIONS:
                document = InvalidLine(f"the action {action!r} is not supported; use create or index", line)
        yield _Item(action, index, item_id, document)


def _action(line: bytes, number: int) -> tuple[str, dict[str, Any]]:
    try:
        [(action, target)] = orjson.loads(line).items()
        if not isinstance(target, dict):
            raise TypeError
    except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError):
        raise BadRequest(
            f'action {number} of the bulk request must be one JSON object such as {{"create":{{}}}}'
        ) from None
    return str(action), target


def _document(line: bytes) -> dict[str, Any] | InvalidLine:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return InvalidLine(f"the document is not JSON: {error}", line)
    return document if isinstance(document, dict) else InvalidLine("the document must be a JSON object", line)


def accepted(envelope: Envelope, result: Result, body: bytes) -> Answer:
    """Return one item for each action, with an error for those that were rejected."""
    errors = {item.index: item.violations[0] for item in result.rejected}
    limits = Limits(entries=len(body) or 1)
    items = []
    for position, item in enumerate(_items(envelope, body, limits)):
        status: dict[str, Any] = {"_index": item.index_name, "_id": item.id or f"{envelope.now_us}-{position}"}
        violation = errors.get(position)
        if violation is None:
            status |= {"_version": 1, "result": "created", "status": 201, "_seq_no": position, "_primary_term": 1}
            status["_shards"] = {"total": 1, "successful": 1, "failed": 0}
        else:
            reason = f"{violation.field} {violation.reason}"
            status |= {"status": 400, "error": {"type": "document_parsing_exception", "reason": reason}}
        items.append({item.action: status})
    return _json(200, {"took": 0, "errors": bool(errors), "items": items})


def refused(_envelope: Envelope, problem: Problem) -> Answer:
    """Return an error of Elasticsearch. Clients send the request again after 429 and 503."""
    kind = {
        401: "security_exception",
        403: "security_exception",
        404: "index_not_found_exception",
        413: "content_too_long_exception",
        429: "es_rejected_execution_exception",
        503: "unavailable_shards_exception",
    }.get(problem.status, "illegal_argument_exception")
    error = {"type": kind, "reason": problem.detail}
    return _json(
        problem.status, {"error": {**error, "root_cause": [error]}, "status": problem.status}, problem.headers
    )


def _json(status: int, document: object, headers: Any = None) -> Answer:
    return Answer(status, orjson.dumps(document), _JSON, {**(headers or {}), **_HEADERS})


def _information(_envelope: Envelope, _body: bytes) -> Answer:
    version = {
        "number": VERSION,
        "build_flavor": "default",
        "build_type": "docker",
        "build_hash": "0" * 40,
        "build_date": "2025-07-01T00:00:00.000000000Z",
        "build_snapshot": False,
        "lucene_version": "9.12.2",
        "minimum_wire_compatibility_version": "7.17.0",
        "minimum_index_compatibility_version": "7.0.0",
    }
    return _json(
        200,
        {
            "name": "logloop",
            "cluster_name": "logloop",
            "cluster_uuid": "logloop-intake",
            "version": version,
            "tagline": "You Know, for Search",
        },
    )


def _license(_envelope: Envelope, _body: bytes) -> Answer:
    return _json(200, {"license": {"status": "active", "uid": "logloop", "type": "basic", "mode": "basic"}})


def _health(_envelope: Envelope, _body: bytes) -> Answer:
    return _json(200, {"cluster_name": "logloop", "status": "green", "timed_out": False, "number_of_nodes": 1})


def _acknowledged(_envelope: Envelope, _body: bytes) -> Answer:
    """Confirm a template, policy or pipeline. Nothing of it is needed: Logloop has no schema of an index."""
    return _json(200, {"acknowledged": True})


ELASTICSEARCH = IntakeProtocol(
    name="elasticsearch",
    paths=("/_bulk", "/{index}/_bulk", f"{PREFIX}/_bulk", f"{PREFIX}/{{index}}/_bulk"),
    methods=("POST", "PUT"),
    translate=translate,
    accepted=accepted,
    refused=refused,
    answers_each_entry=True,
)
_SETUP_KINDS = (
    "_index_template",
    "_component_template",
    "_template",
    "_ilm/policy",
    "_data_stream",
    "_ingest/pipeline",
    "_plugins/_ism/policies",
    "_alias",
)
_SETUP_PATHS = tuple(f"{PREFIX}/{kind}/{{name:path}}" for kind in _SETUP_KINDS)
START_UP = (
    FixedAnswer((PREFIX, f"{PREFIX}/"), _information, methods=("GET", "HEAD")),
    FixedAnswer((f"{PREFIX}/_license", f"{PREFIX}/_xpack"), _license),
    FixedAnswer((f"{PREFIX}/_cluster/health",), _health),
    FixedAnswer(_SETUP_PATHS, _acknowledged, methods=("GET", "HEAD", "PUT")),
    FixedAnswer((f"{PREFIX}/{{index}}",), _acknowledged, methods=("HEAD", "PUT")),
)
