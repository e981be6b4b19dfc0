"""Builds the requests of the HTTP API: one function per endpoint, shared by the blocking and the async client."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from logloop_contracts import LogEntry

from logloop.api.encoding import json_line, moment_text, text_of
from logloop.api.results import Analysis, Page, Scope, SearchOptions, SearchPage, SendResult, StoredLog
from logloop.connection import Connection
from logloop.errors import NotConfigured

T = TypeVar("T")
PREFIX = "/api/v1"
GZIP_FROM_BYTES = 1024


@dataclass(frozen=True, slots=True)
class ApiRequest(Generic[T]):
    """One request and how to parse its response. An idempotent request may be sent again after a lost response."""

    method: str
    path: str
    parse: Callable[[bytes], T]
    params: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    idempotent: bool = True


def parse_json(body: bytes) -> Any:
    """Return the response body as JSON; None when it is empty."""
    return json.loads(body) if body else None


def _discard(_body: bytes) -> None:
    return None


def _path_segment(value: str) -> str:
    return quote(value, safe="")  # ids may contain slashes


def _query_params(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _param_text(value) for name, value in values.items() if value is not None}


def _param_text(value: Any) -> str:
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return text_of(value)


def _json_request(
    method: str,
    path: str,
    parse: Callable[[bytes], T],
    *,
    params: Mapping[str, Any] | None = None,
    body: Any = None,
    idempotent: bool | None = None,
) -> ApiRequest[T]:
    """Return a request with an optional JSON body; GET, HEAD, PUT and DELETE are idempotent by default."""
    if idempotent is None:
        idempotent = method in {"GET", "HEAD", "PUT", "DELETE"}
    content = None if body is None else json.dumps(body, default=_param_text).encode()
    headers = {} if content is None else {"Content-Type": "application/json"}
    return ApiRequest(method, PREFIX + path, parse, _query_params(params or {}), content, headers, idempotent)


# -- sending logs


def entry_line(entry: LogEntry | Mapping[str, Any], connection: Connection) -> bytes:
    """Return an entry as a line of NDJSON. Fills in a missing project, service, severity and timestamp.

    Raises NotConfigured when neither the entry nor the connection names a project and a service.
    """
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
            raise NotConfigured(f"The entry has no {name}. Add it, or set {variable}.")
    return json_line({name: value for name, value in values.items() if value is not None})


def send_lines(lines: Sequence[bytes], idempotency_key: str | None = None) -> ApiRequest[SendResult]:
    """POST lines of NDJSON, gzipped from 1 KiB. A retry with the same idempotency key stores nothing twice."""
    content = b"\n".join(lines)
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": idempotency_key or uuid.uuid4().hex}
    if len(content) >= GZIP_FROM_BYTES:
        content = gzip.compress(content, compresslevel=1, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return ApiRequest("POST", PREFIX + "/logs", SendResult.model_validate_json, {}, content, headers)


# -- reading logs


def _scope_params(connection: Connection, q: str, scope: Scope | SearchOptions) -> dict[str, Any]:
    values: dict[str, Any] = {name: value for name, value in scope.items() if name != "project"}
    values["project_id"] = scope.get("project") or connection.require_project()
    if q:
        values["q"] = q
    return {name: moment_text(v) if isinstance(v, datetime) else v for name, v in values.items()}


def search(connection: Connection, q: str, options: SearchOptions) -> ApiRequest[SearchPage]:
    """GET one page of search results."""
    params = _scope_params(connection, q, options)
    return _json_request("GET", "/logs", SearchPage.model_validate_json, params=params)


def summarise(connection: Connection, view: str, q: str, scope: Scope) -> ApiRequest[dict[str, Any]]:
    """GET a summary of the matching logs; `view` is histogram, facets or patterns."""
    return _json_request("GET", f"/logs/{view}", parse_json, params=_scope_params(connection, q, scope))


def get_log(log_id: str) -> ApiRequest[StoredLog]:
    """GET one log."""
    return _json_request("GET", f"/logs/{_path_segment(log_id)}", StoredLog.model_validate_json)


def update_log(log_id: str, changes: Mapping[str, Any]) -> ApiRequest[StoredLog]:
    """PATCH one log; applying the same changes twice has no further effect."""
    path = f"/logs/{_path_segment(log_id)}"
    return _json_request("PATCH", path, StoredLog.model_validate_json, body=dict(changes), idempotent=True)


def delete_log(log_id: str) -> ApiRequest[None]:
    """DELETE one log."""
    return _json_request("DELETE", f"/logs/{_path_segment(log_id)}", _discard)


def delete_logs(connection: Connection, q: str, scope: Scope) -> ApiRequest[dict[str, Any]]:
    """DELETE every log that matches."""
    return _json_request("DELETE", "/logs", parse_json, params=_scope_params(connection, q, scope))


def context(log_id: str, before: int, after: int) -> ApiRequest[dict[str, Any]]:
    """GET the logs before and after one log."""
    path = f"/logs/{_path_segment(log_id)}/context"
    return _json_request("GET", path, parse_json, params={"before": before, "after": after})


def tail(connection: Connection, q: str, project: str | None, last_id: str | None) -> ApiRequest[Any]:
    """GET live logs as server-sent events."""
    scope: Scope = {"project": project} if project else {}
    request = _json_request("GET", "/logs/tail", parse_json, params=_scope_params(connection, q, scope))
    return _event_stream(request, last_id)


def export(connection: Connection, q: str, output_format: str, scope: Scope) -> ApiRequest[Any]:
    """GET every log that matches as a byte stream: ndjson, csv, parquet or arrow."""
    params = {**_scope_params(connection, q, scope), "format": output_format}
    return _json_request("GET", "/logs/export", parse_json, params=params)


# -- analyses


def analyze(connection: Connection, q: str, question: str | None, scope: Scope) -> ApiRequest[Analysis]:
    """POST a request to analyse the matching logs."""
    body = {**_scope_params(connection, q, scope), "question": question}
    body = {name: value for name, value in body.items() if value is not None}
    return _json_request("POST", "/logs/analyses", Analysis.model_validate_json, body=body)


def get_analysis(analysis_id: str) -> ApiRequest[Analysis]:
    """GET one analysis, with its report once it has one."""
    return _json_request("GET", f"/logs/analyses/{_path_segment(analysis_id)}", Analysis.model_validate_json)


def analysis_events(analysis_id: str, last_id: str | None) -> ApiRequest[Any]:
    """GET the progress of an analysis as server-sent events."""
    path = f"/logs/analyses/{_path_segment(analysis_id)}/events"
    return _event_stream(_json_request("GET", path, parse_json), last_id)


def ask(analysis_id: str, text: str) -> ApiRequest[dict[str, Any]]:
    """POST a follow-up question about an analysis."""
    path = f"/logs/analyses/{_path_segment(analysis_id)}/messages"
    return _json_request("POST", path, parse_json, body={"text": text})


# -- records


def list_page(path: str, params: Mapping[str, Any]) -> ApiRequest[Page]:
    """GET one page of the records under a path such as `/projects` or `/ci/runs`."""
    return _json_request("GET", path, Page.model_validate_json, params=params)


def dispatch(body: Mapping[str, Any], idempotency_key: str | None) -> ApiRequest[dict[str, Any]]:
    """POST a dispatch, which starts a workflow once per idempotency key."""
    request = _json_request("POST", "/ci/dispatches", parse_json, body=dict(body), idempotent=True)
    return replace(request, headers={**request.headers, "Idempotency-Key": idempotency_key or uuid.uuid4().hex})


def json_request(
    method: str, path: str, params: Mapping[str, Any] | None = None, body: Any = None
) -> ApiRequest[Any]:
    """Build a request to any endpoint that returns JSON; `path` is relative to `/api/v1`."""
    return _json_request(method.upper(), path, cast("Callable[[bytes], Any]", parse_json), params=params, body=body)


def _event_stream(request: ApiRequest[Any], last_id: str | None) -> ApiRequest[Any]:
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if last_id:
        headers["Last-Event-ID"] = last_id
    return replace(request, content=None, headers=headers, idempotent=True)
