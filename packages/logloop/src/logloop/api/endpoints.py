"""Builds the requests of the HTTP API: one function per endpoint, shared by the blocking and the async client."""

from __future__ import annotations

import gzip
import json
import math
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from logloop_contracts import LogEntry

from logloop.api.results import Analysis, Moment, Page, Scope, SearchOptions, SearchPage, SendResult, StoredLog
from logloop.connection import Connection
from logloop.errors import NotConfigured

T = TypeVar("T")
PREFIX = "/api/v1"
GZIP_FROM_BYTES = 1024
MAX_BATCH_ENTRIES = 10_000
MAX_BATCH_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request. `safe_to_repeat` says that sending it twice has the effect of sending it once."""

    method: str
    path: str
    read: Callable[[bytes], T]
    params: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    safe_to_repeat: bool = True


def read_json(body: bytes) -> Any:
    """The answer as JSON; None for an empty one."""
    return json.loads(body) if body else None


def _nothing(_body: bytes) -> None:
    return None


def segment(value: str) -> str:
    """One path segment: ids may hold slashes."""
    return quote(value, safe="")


def moment_text(value: Moment) -> str:
    """A time as the API takes it. A datetime without a zone is refused with ValueError."""
    if isinstance(value, str):
        return value
    if value.tzinfo is None:
        raise ValueError("a time needs an offset: use datetime.now(UTC) or .astimezone()")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parameters(values: Mapping[str, Any]) -> dict[str, str]:
    """Query parameters without those that are None."""
    return {name: _parameter(value) for name, value in values.items() if value is not None}


def _parameter(value: Any) -> str:
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return text_of(value)


def text_of(value: Any) -> str:
    """Any value as text, whatever it is; an attribute may be a time without a zone."""
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo is None else moment_text(value)
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - a foreign __str__ may raise anything; a log must not
        return f"<{type(value).__name__} whose text failed: {type(error).__name__}>"


def json_call(
    method: str,
    path: str,
    read: Callable[[bytes], T],
    *,
    params: Mapping[str, Any] | None = None,
    body: Any = None,
    safe_to_repeat: bool | None = None,
) -> Call[T]:
    """A call with an optional JSON body; POST and PATCH count as not safe to repeat unless said otherwise."""
    repeat = method in {"GET", "HEAD", "PUT", "DELETE"} if safe_to_repeat is None else safe_to_repeat
    content = None if body is None else json.dumps(body, default=_parameter).encode()
    headers = {} if content is None else {"Content-Type": "application/json"}
    return Call(method, PREFIX + path, read, parameters(params or {}), content, headers, repeat)


# -- sending ---------------------------------------------------------------------------------------


def entry_line(entry: LogEntry | Mapping[str, Any], connection: Connection) -> bytes:
    """One entry as a line of NDJSON, with project, service, severity and time filled in when they are missing."""
    if isinstance(entry, LogEntry):
        return entry.model_dump_json(exclude_none=True).encode()
    values = {
        "project_id": connection.project,
        "service_id": connection.service,
        "severity": "info",
        "timestamp": None,
        **entry,
    }
    if values["timestamp"] is None:
        values["timestamp"] = datetime.now(UTC)
    if isinstance(values["timestamp"], datetime):
        values["timestamp"] = moment_text(values["timestamp"])
    for name, variable in (("project_id", "LOGLOOP_PROJECT"), ("service_id", "LOGLOOP_SERVICE")):
        if not values[name]:
            raise NotConfigured(f"The entry has no {name} and {variable} is not set.")
    return json_line({name: value for name, value in values.items() if value is not None})


def json_line(values: Mapping[str, Any]) -> bytes:
    """One line of strict JSON in UTF-8: what JSON or UTF-8 cannot hold (NaN, lone surrogates) becomes text."""
    try:
        text = json.dumps(values, default=text_of, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(json_safe(values), ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def json_safe(value: Any, depth: int = 0) -> Any:
    """The value with everything JSON does not know turned into text; below 16 levels everything is text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth < 16 and isinstance(value, Mapping):
        return {str(name): json_safe(item, depth + 1) for name, item in value.items()}
    if depth < 16 and isinstance(value, list | tuple | set | frozenset):
        return [json_safe(item, depth + 1) for item in value]
    return text_of(value)


def split_lines(lines: Iterable[bytes]) -> Iterable[list[bytes]]:
    """Group lines so that a request stays within the limits: 10,000 entries and 8 MiB before compression."""
    group: list[bytes] = []
    size = 0
    for line in lines:
        if group and (len(group) >= MAX_BATCH_ENTRIES or size + len(line) > MAX_BATCH_BYTES):
            yield group
            group, size = [], 0
        group.append(line)
        size += len(line) + 1
    if group:
        yield group


def send_lines(lines: Sequence[bytes], idempotency_key: str | None = None) -> Call[SendResult]:
    """POST lines of NDJSON, gzipped when that pays, under one idempotency key: a retry stores once."""
    content = b"\n".join(lines)
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": idempotency_key or uuid.uuid4().hex}
    if len(content) >= GZIP_FROM_BYTES:
        content = gzip.compress(content, compresslevel=1, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Call("POST", PREFIX + "/logs", SendResult.model_validate_json, {}, content, headers)


# -- reading ---------------------------------------------------------------------------------------


def scope_values(connection: Connection, q: str, scope: Scope | SearchOptions) -> dict[str, Any]:
    """Parameters that name a set of logs."""
    values: dict[str, Any] = {name: value for name, value in scope.items() if name != "project"}
    values["project_id"] = scope.get("project") or connection.require_project()
    if q:
        values["q"] = q
    return {name: moment_text(v) if isinstance(v, datetime) else v for name, v in values.items()}


def search(connection: Connection, q: str, options: SearchOptions) -> Call[SearchPage]:
    """One page of logs."""
    return json_call("GET", "/logs", SearchPage.model_validate_json, params=scope_values(connection, q, options))


def about_logs(connection: Connection, view: str, q: str, scope: Scope, **more: Any) -> Call[dict[str, Any]]:
    """histogram, facets or patterns of a set of logs."""
    return json_call("GET", f"/logs/{view}", read_json, params={**scope_values(connection, q, scope), **more})


def get_log(log_id: str) -> Call[StoredLog]:
    """One log by its id."""
    return json_call("GET", f"/logs/{segment(log_id)}", StoredLog.model_validate_json)


def update_log(log_id: str, changes: Mapping[str, Any]) -> Call[StoredLog]:
    """Change fields of one log; the same change twice is one change."""
    return json_call(
        "PATCH", f"/logs/{segment(log_id)}", StoredLog.model_validate_json, body=dict(changes), safe_to_repeat=True
    )


def delete_log(log_id: str) -> Call[None]:
    """Remove one log."""
    return json_call("DELETE", f"/logs/{segment(log_id)}", _nothing)


def delete_logs(connection: Connection, q: str, scope: Scope) -> Call[dict[str, Any]]:
    """Remove every log that a search finds."""
    return json_call("DELETE", "/logs", read_json, params=scope_values(connection, q, scope))


def context(log_id: str, before: int, after: int) -> Call[dict[str, Any]]:
    """The logs around one log."""
    return json_call("GET", f"/logs/{segment(log_id)}/context", read_json, params={"before": before, "after": after})


def tail(connection: Connection, q: str, project: str | None, last_id: str | None) -> Call[Any]:
    """Live logs as server-sent events."""
    scope: Scope = {"project": project} if project else {}
    call = json_call("GET", "/logs/tail", read_json, params=scope_values(connection, q, scope))
    return _event_stream(call, last_id)


def export(connection: Connection, q: str, output_format: str, scope: Scope) -> Call[Any]:
    """Every log of a set as a stream of bytes: ndjson, csv, parquet or arrow."""
    params = {**scope_values(connection, q, scope), "format": output_format}
    return json_call("GET", "/logs/export", read_json, params=params)


# -- analyses --------------------------------------------------------------------------------------


def analyze(connection: Connection, q: str, question: str | None, scope: Scope) -> Call[Analysis]:
    """Ask for an explanation of a set of logs."""
    body = {**scope_values(connection, q, scope), "question": question}
    body = {name: value for name, value in body.items() if value is not None}
    return json_call("POST", "/logs/analyses", Analysis.model_validate_json, body=body)


def analysis(analysis_id: str) -> Call[Analysis]:
    """One analysis with its report, when it has one."""
    return json_call("GET", f"/logs/analyses/{segment(analysis_id)}", Analysis.model_validate_json)


def analysis_events(analysis_id: str, last_id: str | None) -> Call[Any]:
    """Steps of an analysis as server-sent events."""
    return _event_stream(json_call("GET", f"/logs/analyses/{segment(analysis_id)}/events", read_json), last_id)


def ask(analysis_id: str, text: str) -> Call[dict[str, Any]]:
    """Ask on about an explanation."""
    return json_call("POST", f"/logs/analyses/{segment(analysis_id)}/messages", read_json, body={"text": text})


# -- records ---------------------------------------------------------------------------------------


def list_page(path: str, params: Mapping[str, Any]) -> Call[Page]:
    """One page of the records under a path such as `/projects` or `/ci/runs`."""
    return json_call("GET", path, Page.model_validate_json, params=params)


def dispatch(body: Mapping[str, Any], idempotency_key: str | None) -> Call[dict[str, Any]]:
    """Start a workflow, once for each idempotency key."""
    call = json_call("POST", "/ci/dispatches", read_json, body=dict(body), safe_to_repeat=True)
    return replace(call, headers={**call.headers, "Idempotency-Key": idempotency_key or uuid.uuid4().hex})


def request(method: str, path: str, params: Mapping[str, Any] | None = None, body: Any = None) -> Call[Any]:
    """Any call that answers JSON; `path` is below `/api/v1`."""
    return json_call(method.upper(), path, cast("Callable[[bytes], Any]", read_json), params=params, body=body)


def _event_stream(call: Call[Any], last_id: str | None) -> Call[Any]:
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if last_id:
        headers["Last-Event-ID"] = last_id
    return Call(call.method, call.path, call.read, call.params, None, headers)
