"""Counts the records of a project."""

from dataclasses import dataclass

from logloop_chassis.ids import utc_now

from logloop_query.catalogue.projects import Projects
from logloop_query.identity.stores.api_keys import ApiKeyStore
from logloop_query.identity.stores.users import UserStore
from logloop_query.records.store import RecordStore


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """The number of records of a project. `tests` counts them by last status, None for tests without a run."""

    services: int
    tests: dict[str | None, int]
    metrics: int
    members: int
    api_keys: int


class ProjectOverview:
    """Counts what a project holds."""

    def __init__(
        self,
        projects: Projects,
        services: RecordStore,
        tests: RecordStore,
        metrics: RecordStore,
        users: UserStore,
        api_keys: ApiKeyStore,
    ) -> None:
        self._projects = projects
        self._services = services
        self._tests = tests
        self._metrics = metrics
        self._users = users
        self._api_keys = api_keys

    async def counts(self, project_id: str) -> RecordCounts:
        """Count the records of a project. Raises NotFound."""
        await self._projects.get(project_id)
        return RecordCounts(
            services=await self._services.count(project_id),
            tests=await self._tests.count_by(project_id, "last_status"),
            metrics=await self._metrics.count(project_id),
            members=await self._users.count_members(project_id),
            api_keys=await self._api_keys.count_valid(project_id, utc_now()),
        )
