"""Stands in for the endpoints of analyzer and ci-bridge that test provider settings."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from logloop_chassis.crypto import ServiceClaim, read_service_token
from logloop_chassis.testing import wait_until

from tests.real.query.records_app import SECRET_KEY


@dataclass
class FakeChecks:
    """A running stand-in. `calls` holds the path, the body and the caller of each request."""

    url: str = ""
    status: int = 200
    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, Any, ServiceClaim | None]] = field(default_factory=list)


@contextlib.asynccontextmanager
async def fake_checks() -> AsyncIterator[FakeChecks]:
    """Serve both endpoints on loopback; they report success unless `answers` has another result by path."""
    app, fake = FastAPI(), FakeChecks()

    @app.post("/internal/providers/check")
    @app.post("/internal/github/check")
    async def check(request: Request) -> JSONResponse:
        token = request.headers["authorization"].removeprefix("Bearer ")
        fake.calls.append((request.url.path, await request.json(), read_service_token(SECRET_KEY, token)))
        default = {"ok": True, "detail": "it works", "status": 200, "models": []}
        return JSONResponse(fake.answers.get(request.url.path, default), status_code=fake.status)

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await wait_until(lambda: server.started)
    fake.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.should_exit = True
        await serving
