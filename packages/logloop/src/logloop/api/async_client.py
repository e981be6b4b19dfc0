"""The async client: the same methods as `logloop.api.client`, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, Unpack

import httpx
from logloop_contracts import LogEntry

from logloop.api import endpoints
from logloop.api.batches import split_lines
from logloop.api.client import FINAL_ANALYSIS_EVENTS
from logloop.api.recent_logs import RecentLogs
from logloop.api.results import Analysis, RejectedEntry, Scope, SearchOptions, SearchPage, SendResult, StoredLog
from logloop.api.retry import Backoff
from logloop.api.sse import ServerEvent, aread_events
from logloop.api.transport import AsyncTransport
from logloop.connection import Connection, resolve
from logloop.errors import Unavailable, Unreachable


class AsyncClient:
    """The async form of `Client`: same settings, methods and errors. Use it within one event loop."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        project: str | None = None,
        service: str | None = None,
        timeout: float = 10.0,
        retry_for: float | None = 30.0,
        http: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.connection: Connection = resolve(url, api_key, project, service)
        self._transport = AsyncTransport(self.connection, timeout=timeout, retry_for=retry_for, http=http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    # -- sending logs

    async def send(
        self, entries: Iterable[LogEntry | Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> SendResult:
        """Send entries and return once the broker has confirmed them. See `Client.send`."""
        lines = (endpoints.entry_line(entry, self.connection) for entry in entries)
        accepted, rejected, offset = 0, list[RejectedEntry](), 0
        for number, group in enumerate(split_lines(lines)):
            key = f"{idempotency_key}-{number}" if idempotency_key and number else idempotency_key
            result = await self._transport.run(endpoints.send_lines(group, key))
            accepted += result.accepted
            rejected += [RejectedEntry(index=r.index + offset, errors=r.errors) for r in result.rejected]
            offset += len(group)
        return SendResult(accepted=accepted, rejected=rejected)

    async def log(
        self, message: str, *, severity: str = "info", service: str | None = None, **fields: Any
    ) -> SendResult:
        """Send one entry. See `Client.log`."""
        entry = {"message": message, "severity": severity, **fields}
        if service:
            entry["service_id"] = service
        return await self.send([entry])

    # -- reading logs

    async def search(self, q: str = "", **options: Unpack[SearchOptions]) -> SearchPage:
        """Return one page of logs, newest first unless order="asc"."""
        return await self._transport.run(endpoints.search(self.connection, q, options))

    async def search_all(self, q: str = "", **options: Unpack[SearchOptions]) -> AsyncIterator[StoredLog]:
        """Yield every log that matches, page by page."""
        while True:
            page = await self.search(q, **options)
            for item in page.items:
                yield item
            if page.next_cursor is None:
                return
            options["cursor"] = page.next_cursor

    async def get_log(self, log_id: str) -> StoredLog:
        """Return one log. Raises NotFound."""
        return await self._transport.run(endpoints.get_log(log_id))

    async def update_log(self, log_id: str, **changes: Any) -> StoredLog:
        """Change fields of a log and return it. Raises NotFound and Refused."""
        return await self._transport.run(endpoints.update_log(log_id, changes))

    async def delete_log(self, log_id: str) -> None:
        """Delete a log. Raises NotFound."""
        await self._transport.run(endpoints.delete_log(log_id))

    async def delete_logs(self, q: str = "", **scope: Unpack[Scope]) -> dict[str, Any]:
        """Delete every log that matches; the result says how many."""
        return await self._transport.run(endpoints.delete_logs(self.connection, q, scope))

    async def histogram(self, q: str = "", **scope: Unpack[Scope]) -> dict[str, Any]:
        """Return counts over time by severity."""
        return await self._transport.run(endpoints.summarise(self.connection, "histogram", q, scope))

    async def facets(self, q: str = "", **scope: Unpack[Scope]) -> dict[str, Any]:
        """Return counts by service and by severity."""
        return await self._transport.run(endpoints.summarise(self.connection, "facets", q, scope))

    async def patterns(self, q: str = "", **scope: Unpack[Scope]) -> dict[str, Any]:
        """Return message patterns (variable parts masked) with counts."""
        return await self._transport.run(endpoints.summarise(self.connection, "patterns", q, scope))

    async def context(self, log_id: str, *, before: int = 10, after: int = 10) -> dict[str, Any]:
        """Return the logs before and after one log."""
        return await self._transport.run(endpoints.context(log_id, before, after))

    async def export(self, q: str = "", *, format: str = "ndjson", **scope: Unpack[Scope]) -> AsyncIterator[bytes]:  # noqa: A002 - the API's own word
        """Yield every log that matches as chunks of ndjson, csv, parquet or arrow."""
        async with self._transport.stream(endpoints.export(self.connection, q, format, scope)) as response:
            async for chunk in response.aiter_bytes():
                yield chunk

    async def tail(
        self,
        q: str = "",
        *,
        project: str | None = None,
        on_event: Callable[[ServerEvent], None] | None = None,
    ) -> AsyncGenerator[StoredLog, None]:
        """Yield logs as they arrive, without end; a lost connection is reopened. See `Client.tail`."""
        recent = RecentLogs()
        async for event in self._events(lambda last_id: endpoints.tail(self.connection, q, project, last_id)):
            if on_event:
                on_event(event)
            if event.event == "log":
                for item in recent.fresh(event.json()):
                    yield StoredLog.model_validate(item)

    # -- analyses

    async def analyze(self, q: str = "", *, question: str | None = None, **scope: Unpack[Scope]) -> Analysis:
        """Request an analysis and return at once."""
        return await self._transport.run(endpoints.analyze(self.connection, q, question, scope))

    async def get_analysis(self, analysis_id: str) -> Analysis:
        """Return the current state of an analysis. Raises NotFound."""
        return await self._transport.run(endpoints.get_analysis(analysis_id))

    async def follow_analysis(self, analysis_id: str) -> AsyncIterator[ServerEvent]:
        """Yield the progress events of an analysis until it completes or fails."""
        async for event in self._events(lambda last_id: endpoints.analysis_events(analysis_id, last_id)):
            yield event
            if event.event.removeprefix("analysis.") in FINAL_ANALYSIS_EVENTS:
                return

    async def wait_for_analysis(self, analysis_id: str, *, interval: float = 0.5) -> Analysis:
        """Poll until the analysis has finished; limit the wait with `asyncio.timeout`."""
        while not (found := await self.get_analysis(analysis_id)).is_finished:  # noqa: ASYNC110 - polls a server
            await asyncio.sleep(interval)
        return found

    async def ask(self, analysis_id: str, text: str) -> dict[str, Any]:
        """Ask a follow-up question about an analysis; the answer arrives as events of the analysis."""
        return await self._transport.run(endpoints.ask(analysis_id, text))

    # -- records

    async def list(self, path: str, **params: Any) -> AsyncIterator[dict[str, Any]]:
        """Yield every record under a path such as `/projects` or `/ci/runs`."""
        while True:
            page = await self._transport.run(endpoints.list_page(path, params))
            for item in page.items:
                yield item
            if page.next_cursor is None:
                return
            params["cursor"] = page.next_cursor

    async def request(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None
    ) -> Any:
        """Send a request to any endpoint that returns JSON; `path` is relative to /api/v1."""
        return await self._transport.run(endpoints.json_request(method, path, params, body))

    async def dispatch(
        self, pipeline_id: str | None = None, *, idempotency_key: str | None = None, **body: Any
    ) -> dict[str, Any]:
        """Start a workflow: `values` fill in the template `template_id`. A retry does not start it twice.

        Without `pipeline_id`, `pipeline` names it. `logloop.ci.dispatch` returns a handle of the run instead.
        """
        named = {} if pipeline_id is None else {"pipeline_id": pipeline_id}
        body = {"project_id": self.connection.require_project(), **named, **body}
        return await self._transport.run(endpoints.dispatch(body, idempotency_key))

    async def _events(
        self, request_after: Callable[[str | None], endpoints.ApiRequest[Any]]
    ) -> AsyncIterator[ServerEvent]:
        """Yield events across reconnects; `request_after` builds the request that resumes after an event id."""
        backoff, last_id, opened = Backoff(None), None, False
        while True:
            try:
                async with self._transport.stream(request_after(last_id)) as response:
                    if response.status_code == httpx.codes.NO_CONTENT:  # all events were sent before
                        return
                    opened, backoff = True, Backoff(None)
                    async for event in aread_events(response):
                        last_id = event.id or last_id
                        yield event
                        if event.ends_stream:
                            return
                delay = backoff.next_delay()
            except (Unreachable, Unavailable) as error:
                delay = backoff.next_delay(error.retry_after) if opened else None
                if delay is None:
                    raise
            await asyncio.sleep(delay or 0)
