"""Removes what ci-bridge stores of a deleted project, and keeps what a new project of the same id has created."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

CLOCK_TOLERANCE = timedelta(seconds=0.5)
"""How far the clocks of query and ci-bridge may differ: both measure the clock of the database."""


class ProjectStore(Protocol):
    """A store of documents that belong to projects."""

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete the project's documents that were created up to a moment. Idempotent."""


class ProjectCache(Protocol):
    """Something that caches data of projects in memory."""

    def forget(self, project_id: str) -> None:
        """Drop the data of a project."""


class ProjectRemoval:
    """Removes a project from every store, in order, and from every cache."""

    def __init__(self, stores: Sequence[ProjectStore], caches: Sequence[ProjectCache]) -> None:
        self._stores = stores
        self._caches = caches

    async def remove(self, project_id: str, until: datetime) -> None:
        """Delete everything of a project that was created up to a moment of query's clock. Idempotent."""
        for store in self._stores:
            await store.remove_project(project_id, until + CLOCK_TOLERANCE)
        for cache in self._caches:
            cache.forget(project_id)
