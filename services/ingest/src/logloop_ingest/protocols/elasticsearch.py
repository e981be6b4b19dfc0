"""The bulk API of Elasticsearch and OpenSearch, and the requests that their clients make before it."""

import contextlib
import re
from collections.abc import Iterator
from functools import lru_cache
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
_REJECTED = "es_rejected_execution_exception"


_MAX_REFUSED_ITEMS = 10_000
_DROPS_REFUSED_ITEMS = ("vector/", "go-elasticsearch/")
"""User agents of clients that send a refused request again, but by default no items of a successful one."""
_BULK_HELPER = re.compile(r"\b(?:py|js)=.*\bh=bp\b")
"""Bulk helpers of the official clients for Python and JavaScript. They wait before they send items again, but not
before they send a request again."""


class _Action(NamedTuple):
    """One action of a bulk request: its name, index and id, and the line that is its document, None without one."""

    name: str
    index_name: str
    id: str
    document: bytes | None


def translate(envelope: Envelope, body: bytes, limits: Limits) -> Entries:
    """Return the entries of a bulk request."""
    entries: list[TranslatedEntry | InvalidLine] = []
    has_times = True
    for action in _actions(envelope, body, limits.entries):
        document = _document(action)
        if isinstance(document, InvalidLine):
            entries.append(document)
            continue
        made = entry_of_document(
            document, limits=limits, now_us=envelope.now_us, service=service_of_index(action.index_name)
        )
        has_times = has_times and made.has_time
        entries.append(made.entry)
    return entries_of(entries, max_entries=limits.entries, has_times=has_times)


@lru_cache(maxsize=1024)
def service_of_index(index: str) -> str | None:
    """Return the service that the name of an index or a data stream stands for, without its date."""
    name = _DATA_STREAM.sub(r"\1", _DATE_SUFFIX.sub("", index))
    return service_id(name) if name else None


def _actions(envelope: Envelope, body: bytes, max_actions: int) -> Iterator[_Action]:
    """Yield the actions of a bulk request. Raises BadRequest if a line is not an action, TooLarge for too many."""
    default_index = envelope.path_parameters.get("index", "")
    lines = iter([line for line in body.split(b"\n") if line.strip()])
    previous, name, target = b"", "", dict[str, Any]()
    for count, line in enumerate(lines, start=1):
        if count > max_actions:
            raise too_many_entries(max_actions)
        if line != previous:  # most clients send the same action for each document
            name, target = _action(line, count)
            previous = line
        document = None if name == "delete" else next(lines, b"")
        yield _Action(name, str(target.get("_index") or default_index), str(target.get("_id") or ""), document)


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


def _document(action: _Action) -> dict[str, Any] | InvalidLine:
    """Return the document of an action, or why there is none."""
    line = action.document
    if line is None:
        return InvalidLine("logs cannot be deleted with _bulk", b"")
    if action.name not in _ACTIONS:
        return InvalidLine(f"the action {action.name!r} is not supported; use create or index", line)
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return InvalidLine(f"the document is not JSON: {error}", line)
    return document if isinstance(document, dict) else InvalidLine("the document must be a JSON object", line)


def accepted(envelope: Envelope, result: Result, body: bytes) -> Answer:
    """Return one item for each action, with an error for those that were rejected."""
    errors = {item.index: item.violations[0] for item in result.rejected}
    items = []
    for position, action in enumerate(_actions(envelope, body, len(body))):
        violation = errors.get(position)
        if violation is not None:
            reason = f"{violation.field} {violation.reason}"
            items.append(_item(envelope, position, action, 400, "document_parsing_exception", reason))
            continue
        item = _item(envelope, position, action, 201)
        item[action.name] |= {"_version": 1, "result": "created", "_seq_no": position, "_primary_term": 1}
        item[action.name]["_shards"] = {"total": 1, "successful": 1, "failed": 0}
        items.append(item)
    return _json(200, {"took": 0, "errors": bool(errors), "items": items})


def _item(
    envelope: Envelope, position: int, action: _Action, status: int, error: str = "", reason: str = ""
) -> dict[str, dict[str, Any]]:
    """Return what became of an action. `error` is the type of an error."""
    item: dict[str, Any] = {"_index": action.index_name, "_id": action.id or f"{envelope.now_us}-{position}"}
    item["status"] = status
    return {action.name: {**item, "error": {"type": error, "reason": reason}} if error else item}


def refused(envelope: Envelope, problem: Problem, body: bytes | None) -> Answer:
    """Return an error of Elasticsearch: for each action if its client sends actions again, else for the request."""
    kind = {
        401: "security_exception",
        403: "security_exception",
        404: "index_not_found_exception",
        413: "content_too_long_exception",
        429: _REJECTED,
        503: "unavailable_shards_exception",
    }.get(problem.status, "illegal_argument_exception")
    if body is not None and _sends_items_again(envelope, problem):
        with contextlib.suppress(Problem):  # what cannot be read is refused as a whole
            return _refused_items(envelope, problem, body)
    error = {"type": kind, "reason": problem.detail}
    return _json(
        problem.status, {"error": {**error, "root_cause": [error]}, "status": problem.status}, problem.headers
    )


def _sends_items_again(envelope: Envelope, problem: Problem) -> bool:
    """Return whether a client loses less if each item has status 429 than if the request has the status.

    Elasticsearch rejects items with 429 when it has too much to do, and whole requests with 503 when it is away.
    """
    if problem.status == 429:
        return not envelope.headers.get("user-agent", "").lower().startswith(_DROPS_REFUSED_ITEMS)
    return problem.status == 503 and bool(_BULK_HELPER.search(envelope.headers.get("x-elastic-client-meta", "")))


def _refused_items(envelope: Envelope, problem: Problem, body: bytes) -> Answer:
    """Return the status 429 for each action. Raises BadRequest or TooLarge when they cannot be read."""
    items = [
        _item(envelope, position, action, 429, _REJECTED, problem.detail)
        for position, action in enumerate(_actions(envelope, body, _MAX_REFUSED_ITEMS))
    ]
    return _json(200, {"took": 0, "errors": True, "items": items}, problem.headers)


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
