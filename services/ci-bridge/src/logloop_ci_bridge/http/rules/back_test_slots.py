"""Bounds the evaluations of stored logs: each may read 200,000 logs, in the process that evaluates all rules."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from logloop_chassis.http.problems import Unavailable

from logloop_ci_bridge.wiring import CiBridgeServices


@asynccontextmanager
async def back_test_slot(services: CiBridgeServices, project_id: str) -> AsyncIterator[None]:
    """Hold the slot of a project. Raises Unavailable while the project has one, or all are taken."""
    running = services.back_tested
    if services.back_tests.locked() or project_id in running:
        raise Unavailable("other back-tests are running; try again in a few seconds", retry_after=5)
    running.add(project_id)
    try:
        async with services.back_tests:
            yield
    finally:
        running.discard(project_id)
