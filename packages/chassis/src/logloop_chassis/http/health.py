"""Endpoints for liveness, readiness and metrics. Readiness checks what the service depends on."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from logloop_chassis.messaging.connection_loss import connection_loss_raised

Check = Callable[[], Awaitable[None]]
"""Returns if the dependency works; raises an exception whose text says what is wrong."""

CHECK_TIMEOUT_S = 3.0
_FRESH_S = 1.0
_UNAVAILABLE_FRESH_S = 0.1
"""Shorter, so that a service that has just connected is ready at once."""


class Health(BaseModel):
    """Readiness of a service."""

    status: str = Field(examples=["ok"])
    checks: dict[str, str] = Field(description="'ok', or what is wrong.", examples=[{"mongodb": "ok"}])


class HealthRegistry:
    """Named checks of a service. They run together. Their result is cached, a good one for a second."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._checks: dict[str, Check] = {}
        self._last: tuple[float, Health] | None = None  # until when it is fresh, and the result
        self._stopping = stopping

    def add(self, name: str, check: Check) -> None:
        """Register a dependency."""
        self._checks[name] = check

    async def report(self) -> Health:
        """Run every check unless the last result is fresh."""
        if self._stopping.is_set():
            return Health(status="stopping", checks={})
        if self._last and time.monotonic() < self._last[0]:
            return self._last[1]
        running = dict(self._checks)  # others may be registered meanwhile
        answers = await asyncio.gather(*(self._run(check) for check in running.values()))
        checks = dict(zip(running, answers, strict=True))
        health = Health(status="ok" if all(a == "ok" for a in answers) else "unavailable", checks=checks)
        fresh_s = _FRESH_S if health.status == "ok" else _UNAVAILABLE_FRESH_S
        self._last = (time.monotonic() + fresh_s, health)
        return health

    @staticmethod
    async def _run(check: Check) -> str:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                with connection_loss_raised():
                    await check()
        except TimeoutError:
            return f"no response within {CHECK_TIMEOUT_S:.0f} s"
        except Exception as error:  # noqa: BLE001  # any error of a dependency is the result
            return f"{type(error).__name__}: {error}"[:300]
        return "ok"


def health_router(registry: HealthRegistry) -> APIRouter:
    """Return the endpoints /livez, /readyz and /metrics."""
    router = APIRouter(tags=["health"])

    @router.get("/livez", summary="Is the process alive?", operation_id="health_live", response_model=Health)
    async def livez() -> Health:
        """Responds while the event loop runs; does not check dependencies."""
        return Health(status="ok", checks={})

    @router.get(
        "/readyz",
        summary="Can the service handle requests?",
        operation_id="health_ready",
        response_model=Health,
        responses={503: {"model": Health, "description": "A dependency is unavailable, or the service is stopping."}},
    )
    async def readyz() -> Response:
        """Checks each dependency. A 503 names the one that is unavailable."""
        health = await registry.report()
        return Response(
            health.model_dump_json(), status_code=200 if health.status == "ok" else 503, media_type="application/json"
        )

    @router.get("/metrics", summary="Prometheus metrics", response_class=Response, include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
