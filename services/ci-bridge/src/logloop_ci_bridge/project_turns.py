"""Gives each project one turn at a time, so that a slow GitHub delays only the project that uses it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

WORKERS = 4
"""Projects that one background loop works on at the same time."""
IDLE_S = 2.0
"""How long a background loop pauses when nothing is due."""

Work = TypeVar("Work")


class ProjectTurns:
    """Hands out work of projects that have no work in progress."""

    def __init__(self) -> None:
        self._busy: set[str] = set()
        self._choosing = asyncio.Lock()

    @asynccontextmanager
    async def next(
        self, pick: Callable[[list[str]], Awaitable[Work | None]], project_of: Callable[[Work], str]
    ) -> AsyncIterator[Work | None]:
        """Yield the next work, or None when there is none.

        `pick` receives the busy projects, which it must leave out.
        """
        async with self._choosing:
            work = await pick(sorted(self._busy))
            projects = set() if work is None else {project_of(work)}
            self._busy |= projects
        try:
            yield work
        finally:
            self._busy -= projects
