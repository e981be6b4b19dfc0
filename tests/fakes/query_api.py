"""Query as the analyzer sees it, on a loopback port: export, LLM settings, the state of analyses, and runs of tests.

It shares no code with query; `tests/real/analyzer/test_against_query.py` runs the analyzer against the real one.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.compute as pc
import uvicorn
from fastapi import FastAPI, Request, Response
from logloop_chassis.crypto import read_service_token
from logloop_chassis.testing import wait_until

from tests.fakes.incidents import Incident

TEXTS = ("severity", "service_id", "test_id", "func_id", "source", "pattern")


@dataclass
class FakeQuery:
    """Served data and recorded requests."""

    secret_key: str
    llm: dict[str, Any] = field(default_factory=lambda: {"source": "none", "provider": "none"})
    tables: list[pa.Table] = field(default_factory=list)
    analyses: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Outcomes by test, newest first."""
    test_runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Runs of tests with all of their outcomes."""
    edits: list[dict[str, Any]] = field(default_factory=list)
    """What people decided about templates."""
    refuse_edits: list[Response] = field(default_factory=list)
    """Error responses for the next reads of them."""
    refuse: list[Response] = field(default_factory=list)
    """Error responses for the next exports."""
    stall: asyncio.Event | None = None
    """Exports wait until it is set."""
    cut_exports: int = 0
    """Number of exports to cut off halfway."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self.port}"

    def hold(self, incident: Incident) -> None:
        """Serve both windows of an incident."""
        self.tables = [incident.baseline, incident.window]

    def expect(self, analysis_id: str, *, turn: int = 0, **more: Any) -> None:
        """Add a queued analysis."""
        self.analyses[analysis_id] = {"id": analysis_id, "status": "queued", "turn": turn, "report": None, **more}

    def app(self) -> FastAPI:
        """Return the HTTP app."""
        app = FastAPI()

        @app.middleware("http")
        async def only_services(request: Request, call_next: Any) -> Response:
            project = request.query_params.get("project_id")
            self.asked.append((request.url.path, dict(request.query_params)))
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            claim = read_service_token(self.secret_key, token) if token else None
            if request.url.path != "/livez" and (claim is None or (project and claim.project_id != project)):
                return Response('{"detail": "not signed in"}', status_code=401)
            answer: Response = await call_next(request)
            return answer

        @app.get("/livez")
        async def livez() -> dict[str, str]:
            return {"status": "ok"}

        @app.get("/internal/settings/llm")
        async def llm() -> dict[str, Any]:
            return self.llm

        @app.get("/api/v1/logs/analyses/{analysis_id}")
        async def analysis(analysis_id: str) -> Any:
            found = self.analyses.get(analysis_id)
            return found or Response('{"detail": "unknown analysis"}', status_code=404)

        self._serve_records(app)

        @app.get("/api/v1/logs/export")
        async def export(since: datetime, until: datetime) -> Response:
            if self.refuse:
                return self.refuse.pop(0)
            if self.stall is not None:
                await self.stall.wait()
            body = _arrow([_between(table, since, until) for table in self.tables])
            if self.cut_exports:
                self.cut_exports -= 1
                return Response(body[: len(body) // 2], headers={"Content-Length": str(len(body))})
            return Response(body, media_type="application/vnd.apache.arrow.stream")

        return app

    def _serve_records(self, app: FastAPI) -> None:
        @app.get("/api/v1/logs/histogram")
        async def histogram(since: datetime, until: datetime) -> Any:
            found = [_between(table, since, until)["severity"].cast(pa.utf8()).to_pylist() for table in self.tables]
            counts = Counter(severity for part in found for severity in part)
            items = [{"start": since.isoformat(), "count": counts.total(), "groups": dict(counts)}] if counts else []
            return {"total": counts.total(), "items": items}

        @app.get("/api/v1/pattern-edits")
        async def pattern_edits() -> Any:
            return self.refuse_edits.pop(0) if self.refuse_edits else {"items": self.edits, "next_cursor": None}

        @app.get("/api/v1/test-history")
        async def test_history(test_id: str) -> Any:
            return {"test_id": test_id, "items": self.history.get(test_id, [])}

        @app.get("/api/v1/test-runs/{run_id}")
        async def test_run(run_id: str, outcome: str) -> Any:
            run = self.test_runs.get(run_id)
            if run is None:
                return Response('{"detail": "unknown run"}', status_code=404)
            return {**run, "outcomes": {"items": [item for item in run["outcomes"] if item["outcome"] == outcome]}}


def _between(table: pa.Table, since: datetime, until: datetime) -> pa.Table:
    low, high = (pa.scalar(bound, table.schema.field("timestamp").type) for bound in (since, until))
    return table.filter(pc.and_(pc.greater_equal(table["timestamp"], low), pc.less(table["timestamp"], high)))


def _arrow(tables: list[pa.Table]) -> bytes:
    """Return the stream that query writes: plain text columns and the project, one batch per table."""
    sink = pa.BufferOutputStream()
    plain = [_plain(table) for table in tables]
    with pa.ipc.new_stream(sink, plain[0].schema if plain else pa.schema([])) as writer:
        for table in plain:
            writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def _plain(table: pa.Table) -> pa.Table:
    columns = {name: table[name].cast(pa.utf8()) if name in TEXTS else table[name] for name in table.schema.names}
    columns["project_id"] = pa.array(["shop"] * table.num_rows, pa.utf8())
    return pa.table(columns)


@contextlib.asynccontextmanager
async def fake_query(secret_key: str) -> AsyncIterator[FakeQuery]:
    """Run a FakeQuery server."""
    query = FakeQuery(secret_key)
    config = uvicorn.Config(query.app(), host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await wait_until(lambda: server.started)
    query.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield query
    finally:
        if query.stall is not None:
            query.stall.set()
        server.should_exit = True
        await serving


async def is_ready(client: httpx.AsyncClient) -> bool:
    """Return whether a service is ready."""
    with contextlib.suppress(httpx.HTTPError):
        return (await client.get("/readyz")).status_code == httpx.codes.OK
    return False
