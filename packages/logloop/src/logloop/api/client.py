"""The blocking client: send, search, follow, export and analyse logs, and manage records."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, Unpack

import httpx
from logloop_contracts import LogEntry

from logloop.api import endpoints
from logloop.api.batches import split_lines
from logloop.api.recent_logs import RecentLogs
from logloop.api.results import Analysis, RejectedEntry, Scope, SearchOptions, SearchPage, SendResult, StoredLog
from logloop.api.retry import Backoff
from logloop.api.sse import ServerEvent, read_events
from logloop.api.transport import SyncTransport
from logloop.connection import Connection, resolve
from logloop.errors import Unavailable, Unreachable

FINAL_ANALYSIS_EVENTS = frozenset({"completed", "failed", "cancelled"})


class Client:
    """A connection to the platform. Thread-safe; close it, or use it in a `with` block.

    Missing settings come from LOGLOOP_URL, LOGLOOP_API_KEY, LOGLOOP_PROJECT and LOGLOOP_SERVICE, then from
    `logloop login`, then from `logloop up` on this machine. `timeout` (seconds) limits one attempt, `retry_for`
    (seconds) all attempts of one request; 0 means a single attempt.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        project: str | None = None,
        service: str | None = None,
        timeout: float = 10.0,
        retry_for: float | None = 30.0,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        self.connection: Connection = resolve(url, api_key, project, service)
        self._transport = SyncTransport(self.connection, timeout=timeout, retry_for=retry_for, http=http)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    # -- sending logs

    def send(
        self, entries: Iterable[LogEntry | Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> SendResult:
        """Send entries and return once the broker has confirmed them. Retries store nothing twice.

        More than 10,000 entries or 8 MiB are split into several requests. `idempotency_key` stands for exactly
        these entries: a second call with the same key and entries adds nothing. The result lists rejected entries
        with their index in `entries`. Raises a LogloopError when a request fails as a whole.
        """
        lines = (endpoints.entry_line(entry, self.connection) for entry in entries)
        return self.send_lines(lines, idempotency_key=idempotency_key)

    def send_lines(self, lines: Iterable[bytes], *, idempotency_key: str | None = None) -> SendResult:
        """Send complete entries that are lines of NDJSON already. See `send`."""
        accepted, rejected, offset = 0, list[RejectedEntry](), 0
        for number, group in enumerate(split_lines(lines)):
            key = f"{idempotency_key}-{number}" if idempotency_key and number else idempotency_key
            result = self._transport.run(endpoints.send_lines(group, key))
            accepted += result.accepted
            rejected += [RejectedEntry(index=r.index + offset, errors=r.errors) for r in result.rejected]
            offset += len(group)
        return SendResult(accepted=accepted, rejected=rejected)

    def log(self, message: str, *, severity: str = "info", service: str | None = None, **fields: Any) -> SendResult:
        """Send one entry. `fields` are those of LogEntry: test_id, func_id, source, timestamp, attributes."""
        entry = {"message": message, "severity": severity, **fields}
        if service:
            entry["service_id"] = service
        return self.send([entry])

    # -- reading logs

    def search(self, q: str = "", **options: Unpack[SearchOptions]) -> SearchPage:
        """Return one page of logs, newest first unless order="asc". Example of `q`: `severity:error "timed out"`."""
        return self._transport.run(endpoints.search(self.connection, q, options))

    def search_all(self, q: str = "", **options: Unpack[SearchOptions]) -> Iterator[StoredLog]:
        """Yield every log that matches, page by page; `limit` is the page size."""
        while True:
            page = self.search(q, **options)
            yield from page.items
            if page.next_cursor is None:
                return
            options["cursor"] = page.next_cursor

    def get_log(self, log_id: str) -> StoredLog:
        """Return one log. Raises NotFound."""
        return self._transport.run(endpoints.get_log(log_id))

    def update_log(self, log_id: str, **changes: Any) -> StoredLog:
        """Change fields of a log and return it. Raises NotFound and Refused."""
        return self._transport.run(endpoints.update_log(log_id, changes))

    def delete_log(self, log_id: str) -> None:
        """Delete a log. Raises NotFound."""
        self._transport.run(endpoints.delete_log(log_id))

    def delete_logs(self, q: str = "", **scope: Unpack[Scope]) -> dict[str, Any]:
        """Delete every log that matches; the result says how many."""
        return self._transport.run(endpoints.delete_logs(self.connection, q, scope))

    def histogram(self, q: str = "", **scope: Unpack[Scope]) -> dict[str, Any]:
        """Return counts over time by severity."""
        return self._transport.run(endpoints.summarise(self.connection, "histogram", q, scope))

    def facets(self, q: str = "", **scope: Unpack[Scope]) -> dict[str, Any]:
        """Return counts by service and by severity."""
        return self._transport.run(endpoints.summarise(self.connection, "facets", q, scope))

    def patterns(self, q: str = "", **scope: Unpack[Scope]) -> dict[str, Any]:
        """Return message patterns (variable parts masked) with counts."""
        return self._transport.run(endpoints.summarise(self.connection, "patterns", q, scope))

    def context(self, log_id: str, *, before: int = 10, after: int = 10) -> dict[str, Any]:
        """Return the logs before and after one log."""
        return self._transport.run(endpoints.context(log_id, before, after))

    def export(self, q: str = "", *, format: str = "ndjson", **scope: Unpack[Scope]) -> Iterator[bytes]:  # noqa: A002 - the API's own word
        """Yield every log that matches as chunks of ndjson, csv, parquet or arrow."""
        with self._transport.stream(endpoints.export(self.connection, q, format, scope)) as response:
            yield from response.iter_bytes()

    def tail(
        self,
        q: str = "",
        *,
        project: str | None = None,
        on_event: Callable[[ServerEvent], None] | None = None,
    ) -> Generator[StoredLog, None, None]:
        """Yield logs as they arrive, without end. A lost connection is reopened, and what it missed is yielded, too.

        `on_event` receives every event first, including `dropped` (with the number of logs left out) and `bye`.
        """
        recent = RecentLogs()
        for event in self._events(lambda last_id: endpoints.tail(self.connection, q, project, last_id)):
            if on_event:
                on_event(event)
            if event.event == "log":
                for item in recent.fresh(event.json()):
                    yield StoredLog.model_validate(item)

    # -- analyses

    def analyze(self, q: str = "", *, question: str | None = None, **scope: Unpack[Scope]) -> Analysis:
        """Request an analysis and return at once. See `follow_analysis` and `wait_for_analysis`."""
        return self._transport.run(endpoints.analyze(self.connection, q, question, scope))

    def get_analysis(self, analysis_id: str) -> Analysis:
        """Return the current state of an analysis. Raises NotFound."""
        return self._transport.run(endpoints.get_analysis(analysis_id))

    def follow_analysis(self, analysis_id: str) -> Iterator[ServerEvent]:
        """Yield the progress events of an analysis until it completes or fails."""
        for event in self._events(lambda last_id: endpoints.analysis_events(analysis_id, last_id)):
            yield event
            if event.event.removeprefix("analysis.") in FINAL_ANALYSIS_EVENTS:
                return

    def wait_for_analysis(self, analysis_id: str, *, timeout: float = 300.0, interval: float = 0.5) -> Analysis:
        """Poll until the analysis has finished. Raises TimeoutError after `timeout` seconds."""
        end = time.monotonic() + timeout
        while not (found := self.get_analysis(analysis_id)).is_finished:
            if time.monotonic() > end:
                raise TimeoutError(f"analysis {analysis_id} is still {found.status} after {timeout:g} s")
            time.sleep(interval)
        return found

    def ask(self, analysis_id: str, text: str) -> dict[str, Any]:
        """Ask a follow-up question about an analysis; the answer arrives as events of the analysis."""
        return self._transport.run(endpoints.ask(analysis_id, text))

    # -- records

    def list(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Yield every record under a path, for example `client.list("/ci/runs", project_id="shop")`."""
        while True:
            page = self._transport.run(endpoints.list_page(path, params))
            yield from page.items
            if page.next_cursor is None:
                return
            params["cursor"] = page.next_cursor

    def sign_in(self, email: str, password: str) -> None:
        """Act as a user instead of with the key, until `sign_out`. Raises NotAuthenticated."""
        request = endpoints.json_request("POST", "/session", body={"email": email, "password": password})
        self._transport.sign_in(request)

    def sign_out(self) -> None:
        """End the session that `sign_in` started."""
        self.request("DELETE", "/session")

    def request(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """Send a request to any endpoint that returns JSON; `path` is relative to /api/v1."""
        return self._transport.run(endpoints.json_request(method, path, params, body))

    def dispatch(
        self, pipeline_id: str | None = None, *, idempotency_key: str | None = None, **body: Any
    ) -> dict[str, Any]:
        """Start a workflow: `values` fill in the template `template_id`. A retry does not start it twice.

        Without `pipeline_id`, `pipeline` names it. `logloop.ci.dispatch` returns a handle of the run instead.
        """
        named = {} if pipeline_id is None else {"pipeline_id": pipeline_id}
        body = {"project_id": self.connection.require_project(), **named, **body}
        return self._transport.run(endpoints.dispatch(body, idempotency_key))

    def _events(self, request_after: Callable[[str | None], endpoints.ApiRequest[Any]]) -> Iterator[ServerEvent]:
        """Yield events across reconnects; `request_after` builds the request that resumes after an event id."""
        backoff, last_id, opened = Backoff(None), None, False
        while True:
            try:
                with self._transport.stream(request_after(last_id)) as response:
                    if response.status_code == httpx.codes.NO_CONTENT:  # all events were sent before
                        return
                    opened, backoff = True, Backoff(None)
                    for event in read_events(response):
                        last_id = event.id or last_id
                        yield event
                        if event.ends_stream:
                            return
                delay = backoff.next_delay()
            except (Unreachable, Unavailable) as error:
                delay = backoff.next_delay(error.retry_after) if opened else None
                if delay is None:
                    raise
            time.sleep(delay or 0)
